import type { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import { SESSION_REDIS } from 'nestjs-redis-session';
import { Random } from '../history/random.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { heldBytes } from '../support/garbage.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { Stage, staged } from '../support/stage.js';
import { until } from '../support/until.js';
import { CookieFuzz, type FuzzedCookies } from './fuzz/cookie-header.js';
import { Pipeline } from './fuzz/pipeline.js';

const REQUESTS = 10_000;
const WARM_UP = 1_500;
const PER_BATCH = 50;
const CONNECTIONS = 4;
/** Seed of the run. To repeat an earlier run: FUZZ_SEED=… npm test -- cookie-fuzz. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
/** Variation of a heap of 100 MB without a leak. A leak of 1 KiB a request would be 10 MiB. */
const NOISE_BYTES = 6 * 2 ** 20;

/** Parts of headers that Node itself rejects, so they never reach the module. */
const REFUSED_BY_NODE = ['\0', '\x01', '\x1b', '\x7f', '\n x', '\r', `a=${'b'.repeat(20_000)}`];

onEachPlatform((platform) => {
  describe(`${REQUESTS} generated Cookie headers with seed ${SEED}`, () => {
    const stage = new Stage();
    let server: RedisServer;
    let inspector: Redis;
    let app: TestApp;
    let browser: Client;
    let fuzz: CookieFuzz;

    beforeAll(async () => {
      server = await startRedisServer();
      inspector = new Redis(server.url);
      app = await startApp(platform, { ...staged(stage), session: { redis: server.url } });
      stage.on('login', (_session, request) => app.sessions.signIn(request, { id: 'owner' }));
      stage.on('rival', (_session, request) => app.sessions.signIn(request, { id: 'rival' }));
      stage.on('who', (_session, request) => ({ who: app.sessions.describe(request)?.userId ?? null }));
      browser = app.client();
      const { body } = await browser.post('/stage/login');
      const [name = '', token = ''] = browser.cookie?.split('=') ?? [];
      const other = app.client();
      await other.post('/stage/rival');
      const rival = other.cookie?.split('=')[1] ?? '';
      const sessionId = (body as { id: string }).id;
      fuzz = new CookieFuzz(new Random(SEED), { name, token, rival, sessionId });
    });
    afterAll(async () => {
      await app.app.close();
      await inspector.quit();
      await server.stop();
    });

    const commands = async () => {
      const info = await inspector.info('commandstats');
      const counts = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [
        name,
        Number(calls),
      ]);
      return Object.fromEntries(
        counts.filter(([name]) => !['info', 'dbsize'].includes(name as string)),
      ) as Record<string, number>;
    };
    const send = async (headers: readonly FuzzedCookies[]) => {
      const pipelines = await Promise.all(Array.from({ length: CONNECTIONS }, () => Pipeline.open(app.port)));
      const rest = chunks(headers, PER_BATCH);
      await Promise.all(
        pipelines.map(async (pipeline) => {
          for (let batch = rest.pop(); batch; batch = rest.pop()) await sendBatch(pipeline, batch);
          await pipeline.close();
        }),
      );
    };
    const sendBatch = async (pipeline: Pipeline, batch: readonly FuzzedCookies[]) => {
      const answers = await pipeline.ask(
        '/stage/who',
        batch.map(({ lines }) => lines.map((line) => `Cookie: ${line}`)),
      );
      for (const [index, { status, text, sessionCookie }] of answers.entries()) {
        const { lines, who, isCleared } = batch[index] as FuzzedCookies;
        const seen = { lines, status, text, isCleared: sessionCookie?.includes('; Max-Age=0') ?? false };
        const expected = { lines, status: 200, text: JSON.stringify({ who }), isCleared };
        // A matcher for each of 10,000 headers is slow; the matcher only serves to show the difference.
        if (JSON.stringify(seen) !== JSON.stringify(expected)) expect(seen).toEqual(expected);
      }
    };
    const make = (count: number) => Array.from({ length: count }, () => fuzz.next());
    const settled = () =>
      until('an application without connections', 5_000, async () => (await connectionsOf(app)) === 0);
    const listeners = () =>
      [app.app.getHttpServer() as EventEmitter, app.app.get<EventEmitter>(SESSION_REDIS), process].map(
        countListeners,
      );

    test('generated Cookie headers cause no 500, no command for malformed values, no key and no leak', async () => {
      const warmUp = make(WARM_UP);
      await send(warmUp);
      await settled();
      const headers = make(REQUESTS);
      const [before, keys] = [await commands(), await inspector.dbsize()];
      const [heap, listening] = [await heldBytes(), listeners()];

      await send(headers);
      await settled();

      const after = await commands();
      const sent = Object.keys(after).map(
        (name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const,
      );
      const counted = Object.fromEntries(sent.filter(([, count]) => count > 0));
      const [lookups, misses] = [sum(headers, 'lookups'), sum(headers, 'misses')];
      const { get = 0, ...others } = counted;
      expect(others).toEqual({ hgetall: lookups - misses, evalsha: misses, type: 2 * misses });
      expect(get).toBeGreaterThanOrEqual(sum(headers, 'notices'));
      expect(get).toBeLessThanOrEqual(sum(headers, 'notices') + sum(headers, 'noticesAgain'));
      expect(await inspector.dbsize()).toBe(keys);
      expect(listeners()).toEqual(listening);
      expect((await heldBytes()) - heap).toBeLessThan(NOISE_BYTES);
      const types = app.events
        .filter(({ type }) => !['ambiguous-cookie', 'unknown-token'].includes(type))
        .map(({ type }) => type);
      expect(types).toEqual(['signed-in', 'signed-in']);
      expect(app.events.filter(({ type }) => type === 'ambiguous-cookie').length).toBe(
        [...warmUp, ...headers].filter(({ isAmbiguous }) => isAmbiguous).length,
      );
      expect(log.recent('error', 'fatal')).toEqual([]);
      // The mix is complete: most headers cost no lookup, and all kinds that do are present.
      expect(headers.filter(({ lookups }) => lookups === 0).length).toBeGreaterThan(REQUESTS / 2);
      expect(headers.filter(({ who }) => who === 'owner').length).toBeGreaterThan(100);
      expect(headers.filter(({ isAmbiguous }) => isAmbiguous).length).toBeGreaterThan(10);
      expect((await browser.get('/stage/who')).body).toEqual({ who: 'owner' });
    }, 60_000);

    test('headers that Node refuses are answered with 400 or 431 and cause no Redis command', async () => {
      const before = await commands();
      const token = browser.cookie ?? '';
      for (const bad of REFUSED_BY_NODE) {
        const { status } = await (
          await RawExchange.send(app.port, 'GET /stage/who', `Cookie: a=1; ${token}; ${bad}`)
        ).answer();
        expect({ bad, status }).toEqual({ bad, status: bad.length > 10_000 ? 431 : 400 });
      }

      expect(await commands()).toEqual(before);
    });
  });
});

function sum(
  headers: readonly FuzzedCookies[],
  what: 'lookups' | 'misses' | 'notices' | 'noticesAgain',
): number {
  return headers.reduce((total, header) => total + Number(header[what]), 0);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function connectionsOf(app: TestApp): Promise<number> {
  const server = app.app.getHttpServer() as {
    getConnections(done: (error: unknown, count: number) => void): void;
  };
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

function countListeners(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));
}
