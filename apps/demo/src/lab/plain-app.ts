import { RedisStore } from 'connect-redis';
import type { Express, Request, Response } from 'express';
import express from 'express';
import session from 'express-session';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'redis';
import { ATTACKER, DEMO_PASSWORD, VICTIM } from '../users/demo-users.js';

/** A session as express-session provides it. */
interface PlainSession {
  readonly cookie: object;
  destroy(done: () => void): void;
  user?: string;
  [field: string]: unknown;
}

const HOST = '127.0.0.1';
const PREFIX = 'demo-lab-plain:';
/** Short, so that the sessions of the lab expire soon. */
const TTL_SECONDS = 600;
const FIELD = /^(color|field\d{1,3})$/;
const MAX_DELAY_MS = 2_000;

/** An application on express-session and connect-redis, set up as their documentation shows, for comparison. */
export class PlainApp {
  private constructor(
    private readonly server: Server,
    private readonly closeStore: () => void,
  ) {}

  /** @param redisUrl `null` keeps the sessions in memory, as the demo then does */
  static async start(redisUrl: string | null): Promise<PlainApp> {
    const { store, close } = await openStore(redisUrl);
    const app = express();
    app.use(express.json());
    app.use(
      session({
        secret: randomBytes(32).toString('hex'),
        resave: false,
        saveUninitialized: false,
        ...(store && { store }),
      }),
    );
    addRoutes(app);
    const server = app.listen(0, HOST);
    await once(server, 'listening');
    return new PlainApp(server, close);
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: HOST, port: (this.server.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
    this.closeStore();
  }
}

async function openStore(url: string | null) {
  if (url === null) return { store: null, close: () => undefined };
  const client = createClient({ url });
  // When Redis fails, so do the requests of the attack, and the transcript shows it.
  client.on('error', () => undefined);
  await client.connect();
  const store = new RedisStore({ client, prefix: PREFIX, ttl: TTL_SECONDS });
  return { store, close: () => client.destroy() };
}

function addRoutes(app: Express): void {
  const notes = new Map<string, string>();
  app.post('/api/login', (request: Request, response) => {
    const { username, password } = request.body as Record<string, unknown>;
    const isKnown = username === VICTIM || username === ATTACKER;
    if (!isKnown || password !== DEMO_PASSWORD) return void response.sendStatus(401);
    sessionOf(request).user = username;
    response.json({ user: username });
  });
  app.post('/api/logout', (request, response) => {
    sessionOf(request).destroy(() => response.status(204).end());
  });
  app.get('/api/me', (request, response) => withUser(request, response, (user) => response.json({ user })));
  app.get('/api/lab/note', (request, response) =>
    withUser(request, response, (user) => response.json({ text: notes.get(user) ?? '' })),
  );
  app.put('/api/lab/note', (request: Request, response) =>
    withUser(request, response, (user) => {
      notes.set(user, (request.body as { text: string }).text);
      response.json({ text: notes.get(user) });
    }),
  );
  addDataRoutes(app);
}

function addDataRoutes(app: Express): void {
  app.get('/api/data', (request, response) => {
    const { cookie: _cookie, ...fields } = sessionOf(request);
    response.json(fields);
  });
  app.put('/api/data/:key', (request: Request<{ key: string }>, response) => {
    const { key } = request.params;
    if (!FIELD.test(key)) return void response.sendStatus(400);
    const { value } = request.body as { value: unknown };
    sessionOf(request)[key] = value;
    response.json({ [key]: value });
  });
  app.post('/api/slow', async (request, response) => {
    const { ms, value } = request.body as { ms: unknown; value: unknown };
    await delay(Math.min(Number(ms) || 0, MAX_DELAY_MS));
    sessionOf(request)['color'] = value;
    response.json({ color: value });
  });
}

function withUser(request: Request, response: Response, act: (user: string) => unknown): void {
  const { user } = sessionOf(request);
  if (user === undefined) response.status(401).json({ message: 'You are not signed in.' });
  else act(user);
}

function sessionOf(request: object): PlainSession {
  return (request as { session: PlainSession }).session;
}
