import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { SessionUsageError } from '../../core/errors/errors.js';
import { FaultProxy } from './fault-proxy.js';

/** Time in which nothing arrives on a connection that carries nothing. */
const SILENCE_MS = 60;

let server: Server;
let proxy: FaultProxy;
const clients: Socket[] = [];
/** The bytes that the server has received. */
let received: string;

async function startServer(greeting: string): Promise<Server> {
  const listening = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(`${greeting}${chunk.toString()}`);
    });
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

function portOf(listening: Server): number {
  return (listening.address() as { port: number }).port;
}

beforeEach(async () => {
  received = '';
  server = await startServer('reply to ');
  proxy = await FaultProxy.start(portOf(server));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.stop();
  server.close();
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function exchange(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [reply] = (await once(socket, 'data')) as [Buffer];
  return reply.toString();
}

/** Sends a text, and returns the bytes that arrive within a moment. */
async function silenceAfter(socket: Socket, text: string): Promise<string> {
  let heard = '';
  socket.on('data', (chunk) => (heard += chunk.toString()));
  socket.write(text);
  await wait(SILENCE_MS);
  return heard;
}

describe('a fault proxy', () => {
  it('passes bytes in both directions', async () => {
    expect(await exchange(await client(), 'PING')).toBe('reply to PING');
    expect(proxy.connections).toBe(1);
  });

  it('refuse() closes connections and refuses new ones until pass()', async () => {
    const socket = await client();
    const closed = once(socket, 'close');
    await proxy.refuse();
    await closed;
    await expect(client()).rejects.toThrow('ECONNREFUSED');
    await proxy.pass();
    expect(await exchange(await client(), 'PING')).toBe('reply to PING');
  });

  it('freeze() accepts connections and carries nothing, and pass() closes those that lost bytes', async () => {
    const old = await client();
    await exchange(old, 'PING');
    proxy.freeze();
    const fresh = await client();
    expect(await silenceAfter(old, 'one')).toBe('');
    expect(await silenceAfter(fresh, 'two')).toBe('');
    expect(received).toBe('PING');
    const closed = Promise.all([once(old, 'close'), once(fresh, 'close')]);
    await proxy.pass();
    await closed;
    expect(await exchange(await client(), 'PING')).toBe('reply to PING');
  });

  it('freeze() with a filter freezes the connections that began with the text', async () => {
    const [subscriber, other] = [await client(), await client()];
    await exchange(subscriber, 'SUBSCRIBE');
    proxy.freeze((beginning) => beginning.includes('subscribe'));
    expect(await silenceAfter(subscriber, 'PING')).toBe('');
    expect(await exchange(other, 'PING')).toBe('reply to PING');
  });

  it('halfOpen() silences the present connections, which stay open, and new connections work', async () => {
    const old = await client();
    await exchange(old, 'PING');
    proxy.halfOpen();
    expect(await silenceAfter(old, 'PING')).toBe('');
    expect(old.destroyed).toBe(false);
    expect(await exchange(await client(), 'PING')).toBe('reply to PING');
  });

  it('slow() delays bytes and keeps their order, also when the delay ends', async () => {
    const socket = await client();
    proxy.slow('80ms');
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.write('one ');
    await wait(10);
    await proxy.pass();
    socket.write('two ');
    expect(heard).toBe('');
    while (!heard.includes('two')) await wait(5);
    expect(heard.indexOf('one')).toBeLessThan(heard.indexOf('two'));
  });

  it('cut() closes the present connections, and new ones work', async () => {
    const closed = once(await client(), 'close');
    proxy.cut();
    await closed;
    expect(await exchange(await client(), 'PING')).toBe('reply to PING');
  });

  it('cutBeforeRequest() cuts the connection of a selected request, which the server does not receive', async () => {
    const socket = await client();
    const cut = proxy.cutBeforeRequest((request) => request.includes('EVALSHA'));
    await exchange(socket, 'PING');
    const closed = once(socket, 'close');
    socket.write('EVALSHA');
    expect(await cut).toBe(true);
    await closed;
    expect(received).toBe('PING');
  });

  it('cutAfterRequest() cuts the connection when the reply arrives, and the server has received the request', async () => {
    const socket = await client();
    const cut = proxy.cutAfterRequest((request) => request.includes('EVALSHA'));
    const heard = silenceAfter(socket, 'EVALSHA');
    expect(await cut).toBe(true);
    expect(await heard).toBe('');
    expect(received).toBe('EVALSHA');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['pass()', () => proxy.pass()],
    ['stop()', () => proxy.stop()],
  ])('a cut that has not happened before %s resolves to false', async (_name, end) => {
    const cuts = [proxy.cutBeforeRequest(), proxy.cutAfterRequest()];
    await end();
    expect(await Promise.all(cuts)).toEqual([false, false]);
  });

  it('redirect() connects clients to another server, and redirectNew() leaves present connections alone', async () => {
    const other = await startServer('other reply to ');
    const old = await client();
    await exchange(old, 'PING');
    proxy.redirectNew(portOf(other));
    expect(await exchange(old, 'PING')).toBe('reply to PING');
    expect(await exchange(await client(), 'PING')).toBe('other reply to PING');
    const closed = once(old, 'close');
    proxy.redirect({ port: portOf(server) });
    await closed;
    expect(await exchange(await client(), 'PING')).toBe('reply to PING');
    other.close();
  });

  it('a client gets a closed connection if the server is down', async () => {
    server.close();
    await once(await client(), 'close');
  });

  it('stop() closes all connections and the port, drops delayed bytes, and may be called twice', async () => {
    const socket = await client();
    proxy.slow('10s');
    socket.write('late');
    const closed = once(socket, 'close');
    await wait(10);
    await proxy.stop();
    await proxy.stop();
    await closed;
    expect(proxy.connections).toBe(0);
    await expect(client()).rejects.toThrow('ECONNREFUSED');
    expect(received).toBe('');
  });
});

describe('the target of a fault proxy', () => {
  it('keeps the user, the password and the database of a URL', async () => {
    const other = await FaultProxy.start('redis://app:s%3Acret@[::1]:6390/3');
    expect(other.url).toBe(`redis://app:s%3Acret@127.0.0.1:${other.port}/3`);
    await other.stop();
    expect(proxy.url).toBe(`redis://127.0.0.1:${proxy.port}`);
  });

  it.each<[unknown, string]>([
    [0, 'received 0'],
    [70_000, 'received 70000'],
    [{ host: '', port: 1 }, 'received {"host":"","port":1}'],
    [undefined, 'received undefined'],
    ['no-url-but-a-secret', 'received another text'],
  ])('%p is rejected with what was expected, and without a password', async (target, sentence) => {
    const failure = await FaultProxy.start(target as number).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SessionUsageError);
    expect((failure as Error).message).toContain('expected a port, { host, port } or a URL');
    expect((failure as Error).message).toContain(sentence);
  });

  it('slow() rejects a delay that is no length of time', () => {
    expect(() => proxy.slow('soon')).toThrow(/slow\(\): expected a positive length of time/);
  });
});
