import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Controller, Delete, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CurrentUser,
  SESSION_RUNTIME,
  SESSION_TRANSPORT,
  SessionModule,
  type SessionModuleOptions,
  SessionService,
  type TokenTransport,
} from 'nestjs-redis-session';
import type { SessionRuntime } from 'nestjs-redis-session/core';
import { type Authenticate, sessionCommands } from './commands.js';
import { createSessionServer } from './session-server.js';

const authenticate: Authenticate = (name, password) => (password === 'secret' ? { id: name } : null);

const STORES: readonly [string, () => SessionModuleOptions][] = [
  ['the memory store', () => ({ store: 'memory' })],
  [
    'Redis',
    () => ({
      redis: process.env['TEST_REDIS_URL'],
      prefix: `test:${randomUUID()}:`,
      outage: { deadline: '5s' },
      redisChecks: { ignore: ['no-persistence'] },
    }),
  ],
];

@Controller()
class AccountController {
  constructor(private readonly sessions: SessionService) {}

  @Get('me')
  me(@CurrentUser('id') id: string | undefined) {
    return { id };
  }

  @Delete('sessions')
  signOutEverywhere(@CurrentUser('id') id: string) {
    return this.sessions.revokeAll(id);
  }
}

/** Reads the lines that the server sends, one by one. */
class TestClient {
  private readonly lines: AsyncIterator<string>;

  private constructor(private readonly socket: Socket) {
    this.lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async open(server: Server, token = ''): Promise<TestClient> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new TestClient(socket);
    client.send(token);
    return client;
  }

  send(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Returns the next line; `null` after the server has closed the connection. */
  async next(): Promise<string | null> {
    const line = (await this.lines.next()) as IteratorResult<string, undefined>;
    return line.value ?? null;
  }

  async ask(line: string): Promise<string | null> {
    this.send(line);
    return this.next();
  }

  /** Signs in, and returns the token that the server hands out. */
  async signIn(name: string): Promise<string> {
    const [keyword, token = ''] = (await this.ask(`signin ${name} secret`))?.split(' ') ?? [];
    expect(keyword).toBe('token');
    expect(await this.next()).toBe('ok');
    return token;
  }

  close(): void {
    this.socket.destroy();
  }
}

describe.each(STORES)('the socket edge on %s', (_name, options) => {
  let app: INestApplication;
  let server: Server;
  const clients: TestClient[] = [];

  beforeAll(async () => {
    @Module({ imports: [SessionModule.forRoot(options())], controllers: [AccountController] })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    // #region runtime
    const runtime = app.get<SessionRuntime>(SESSION_RUNTIME);
    server = createSessionServer(runtime, sessionCommands(authenticate)).listen(0, '127.0.0.1');
    // #endregion runtime
    await once(server, 'listening');
  });
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  afterAll(async () => {
    server.close();
    await app.close();
  });

  /** Connects, presents a token and reads the greeting. */
  async function open(token?: string): Promise<{ client: TestClient; greeting: string | null }> {
    const client = await TestClient.open(server, token);
    clients.push(client);
    return { client, greeting: await client.next() };
  }

  async function overHttp(method: string, path: string, token: string): Promise<unknown> {
    const transport = app.get<TokenTransport>(SESSION_TRANSPORT);
    const [name, value] = transport.present({ isHttps: false }, token);
    const response = await fetch(`${await app.getUrl()}/${path}`, { method, headers: { [name]: value } });
    return response.json();
  }

  it('treats a client without a token as anonymous, and gives it a token once it stores something', async () => {
    const { client, greeting } = await open();
    expect(greeting).toBe('anonymous');
    expect(await client.ask('get color')).toBe('null');
    expect(await client.ask('set color red')).toMatch(/^token [\w-]{46}$/);
    expect(await client.next()).toBe('ok');
    expect(await client.ask('get color')).toBe('"red"');
  });

  it('signs a user in over TCP, whose token is valid over HTTP and on other connections', async () => {
    const { client } = await open();
    const token = await client.signIn('alice');
    expect(await client.ask('whoami')).toBe('alice');
    expect(await overHttp('GET', 'me', token)).toEqual({ id: 'alice' });
    expect((await open(token)).greeting).toBe('alice');
  });

  it('keeps the connection and the data of a client that signs in after it has stored something', async () => {
    const { client } = await open();
    await client.ask('set color red');
    expect(await client.next()).toBe('ok');
    await client.signIn('berta');
    expect(await client.ask('get color')).toBe('"red"');
    expect(await client.ask('whoami')).toBe('berta');
  });

  it('rejects wrong credentials', async () => {
    const { client } = await open();
    expect(await client.ask('signin alice guessed')).toBe('error WRONG_CREDENTIALS');
    expect(await client.ask('whoami')).toBe('anonymous');
  });

  it('closes the connections of a session that is revoked over HTTP', async () => {
    const { client } = await open();
    const token = await client.signIn('carol');
    const { client: other } = await open(token);
    expect(await overHttp('DELETE', 'sessions', token)).toBe(1);
    for (const connection of [client, other]) {
      expect(await connection.next()).toBe('ended revoked');
      expect(await connection.next()).toBeNull();
    }
  });

  it.each([
    ['unknown', 'x'.repeat(46)],
    ['malformed', 'eyJhbGciOiJub25lIn0.e30.'],
  ])('treats a token that is %s as anonymous, and clears it', async (_kind, token) => {
    const { client, greeting } = await open(token);
    expect(greeting).toBe('token ');
    expect(await client.next()).toBe('anonymous');
    expect(await client.ask('whoami')).toBe('anonymous');
  });

  it('treats a copy of a token as anonymous after its owner has signed out', async () => {
    const { client } = await open();
    const token = await client.signIn('dave');
    expect(await client.ask('signout')).toBe('token ');
    expect(await client.next()).toBe('ok');
    const { client: thief, greeting } = await open(token);
    expect(greeting).toBe('token ');
    expect(await thief.next()).toBe('anonymous');
    expect(await overHttp('GET', 'me', token)).toEqual({});
  });

  it('runs commands that arrive together one after another', async () => {
    const { client } = await open();
    client.send('signin erin secret', 'whoami', 'set color red', 'get color');
    expect(await client.next()).toMatch(/^token /);
    for (const answer of ['ok', 'erin', 'ok', '"red"']) expect(await client.next()).toBe(answer);
  });

  it('answers an error of the session layer with its code, and serves the next command', async () => {
    const { client } = await open();
    expect(await client.ask('set id x')).toBe('error SESSION_VALUE_INVALID');
    expect(await client.ask('frobnicate')).toBe('error UNKNOWN_COMMAND');
    expect(await client.ask('whoami')).toBe('anonymous');
  });
});
