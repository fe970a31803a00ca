import { Redis } from 'ioredis';
import { WITH_DEBUG } from '../support/server-version.js';
import { log } from '../support/log-book.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';
import { recordFault } from './support/record.js';
import { SLACK_MS, DEADLINE_MS, useSite } from './support/site.js';
import { UNAVAILABLE, userOn, type Visitors } from './support/visitor.js';

const WITHIN_MS = DEADLINE_MS + SLACK_MS;
const CROWD = 20_000;

describe('faults of the server', () => {
  const holder = useSite();
  let visitors: Visitors;
  let ids: string[];
  beforeEach(async () => {
    visitors = holder.site.visitors();
    ids = await visitors.signIn();
    expect((await visitors.put('/cart/kite')).status).toBe(200);
    visitors.restartClock();
  });
  afterEach(async () => {
    await ask('REPLICAOF', 'NO', 'ONE');
    await ask('CONFIG', 'SET', 'maxmemory', 0);
  });
  afterEach(() => expect(visitors.slowestMs).toBeLessThan(WITHIN_MS));
  const ask = (command: string, ...args: (string | number)[]) => holder.site.redis.ask(command, ...args);

  test('on a read-only server, reads succeed and writes get 503 until the server is a master again [F9]', async () => {
    await ask('REPLICAOF', '127.0.0.1', 1);
    await visitors.recover(); // a client may reconnect in search of the master
    expect((await visitors.get('/cart')).body).toEqual({ cart: 'kite' });
    for (let again = 0; again < 3; again++) {
      await visitors.recover();
      expect(await visitors.post('/visits')).toEqual(UNAVAILABLE);
    }
    await visitors.recover();
    expect(await visitors.post('/sign-out')).toEqual(UNAVAILABLE);
    await ask('REPLICAOF', 'NO', 'ONE');
    const recoveryMs = await visitors.recover();

    expect((await visitors.post('/visits')).body).toEqual({ visits: 1 });
    const client = 'reads succeed; 503 for writes, also for a sign-out';
    recordFault('F9', { client, slowestMs: visitors.slowestMs, recoveryMs });
  });

  test('while the server loads its data, clients get 503, never 401, and their sessions are valid afterwards [F10]', async () => {
    const { redis } = holder.site;
    await ask('EVAL', `for i = 1, ${CROWD} do redis.call('SET', 'crowd:' .. i, i, 'PX', 60000) end`, 0);
    await ask('SAVE');
    await redis.kill();
    // The server loads one key in so many microseconds, and replies LOADING in between.
    const slowly = ['--key-load-delay', '100', '--loading-process-events-interval-bytes', '1024'];
    const restarted = redis.restart([...WITH_DEBUG, '--dbfilename', 'dump.rdb', ...slowly]);
    const probe = new Redis(redis.port, {
      enableReadyCheck: false,
      retryStrategy: () => 20,
      maxRetriesPerRequest: 0,
    });
    probe.on('error', () => undefined); // until the server accepts connections
    await until('a server that loads', 10_000, async () =>
      String(await probe.ping().catch(String)).includes('LOADING'),
    );
    const seen = await visitors.get('/account');
    expect(String(await probe.ping().catch(String))).toContain('LOADING');
    probe.disconnect();
    expect(seen).toEqual(UNAVAILABLE);
    await restarted;
    const recoveryMs = await visitors.recover();

    expect((await visitors.get('/cart')).body).toEqual({ cart: 'kite' });
    recordFault('F10', { client: '503, never 401', slowestMs: visitors.slowestMs, recoveryMs });
    await ask('EVAL', `for i = 1, ${CROWD} do redis.call('DEL', 'crowd:' .. i) end`, 0);
  });

  test('on a full Redis, reads and sign-outs succeed, a write gets 503, and the old data stays [F11]', async () => {
    await ask('CONFIG', 'SET', 'maxmemory', 1);
    expect((await visitors.get('/account')).status).toBe(200);
    expect(await visitors.put('/cart/boat')).toEqual(UNAVAILABLE);
    expect((await visitors.get('/cart')).body).toEqual({ cart: 'kite' });
    expect(await holder.site.visitors().put('/cart/boat')).toEqual(UNAVAILABLE);

    // The script removes index entries before it adds data, and Redis checks its memory only before the first write.
    const newcomers = await holder.site.signedIn();
    const leaving = visitors.copy();
    expect(await leaving.post('/sign-out')).toMatchObject({ status: 200, cookie: 'cleared' });
    expect((await visitors.get('/account')).status).toBe(401);
    await ask('CONFIG', 'SET', 'maxmemory', 0);
    const recoveryMs = await newcomers.recover();
    expect((await newcomers.put('/cart/boat')).status).toBe(200);

    const client = 'reads, sign-in and sign-out succeed; 503 for writes that add data';
    recordFault('F11', { client, slowestMs: visitors.slowestMs, recoveryMs });
  });

  test('clients notice nothing when the server has lost its scripts [F12]', async () => {
    for (const path of ['/visits', '/regenerate', '/sign-out']) {
      await ask('SCRIPT', 'FLUSH', 'SYNC');
      expect((await visitors.post(path)).status).toBe(200);
    }

    recordFault('F12', { client: 'nothing', slowestMs: visitors.slowestMs });
  });

  test('a script that fails half-way leaves the data unchanged [F13]', async () => {
    const shard = (ids[0] as string).slice(0, 3);
    const index = `${holder.site.prefix}{${shard}}:u:${userOn('Express')}`;
    await ask('RENAME', index, `${index}:kept`);
    await ask('SET', index, 'of another type', 'PX', 60_000);
    const before = await holder.site.keys();
    const [client] = visitors.clients;
    const { status } = await (client as NonNullable<typeof client>).post(`/sign-in/${userOn('Express')}`);

    expect(status).toBe(503);
    expect((await holder.site.keys()).sort()).toEqual(before.sort());
    expect((await visitors.get('/account')).status).toBe(200);
    await ask('RENAME', `${index}:kept`, index);
    recordFault('F13', { client: '503; existing data is intact' });
  });

  test('a session whose key expires late is invalid and uncounted from its end on, with or without an event [F18]', async () => {
    await ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    for (const id of ids) await ask('PEXPIRE', holder.site.keyOf(id), 1);
    await until(
      'an end',
      2_000,
      async () => Number(await ask('PTTL', holder.site.keyOf(ids[0] as string))) < 0,
    );
    const outcome = await visitors.get('/account');

    expect(outcome).toMatchObject({ status: 401, body: { reason: 'expired' }, cookie: 'cleared' });
    for (const { sessions, platform } of holder.site.apps)
      expect(await sessions.count(userOn(platform.name))).toBe(0);
    await ask('DEBUG', 'SET-ACTIVE-EXPIRE', '1');
    recordFault('F18', { client: '401 `expired` on time', slowestMs: visitors.slowestMs });
  });

  test('the client of an evicted session gets one 401 and can sign in, and no index keeps a lost session [F17]', async () => {
    await ask('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
    for (const platform of platforms) {
      const warned = await holder.site.startApp(platform);
      await warned.app.close();
    }
    expect(log.recent('warn').filter((text) => text.includes('maxmemory-policy'))).toHaveLength(
      platforms.length,
    );
    await ask('CONFIG', 'SET', 'maxmemory', '3mb');
    const gone = () => ask('EXISTS', ...ids.map((id) => holder.site.keyOf(id)));
    const fill = "for i = 1, 500 do redis.call('SET', ARGV[1] .. i, string.rep('x', 1000), 'PX', 60000) end";
    for (let round = 0; round < 40 && Number(await gone()) > 0; round++)
      await ask('EVAL', fill, 0, `fill:${round}:`);
    expect(await gone()).toBe(0);
    expect(await visitors.get('/account')).toMatchObject({ status: 401, cookie: 'cleared' });
    for (const { sessions, platform } of holder.site.apps)
      expect(await sessions.count(userOn(platform.name))).toBe(0);
    await ask('CONFIG', 'SET', 'maxmemory', 0);
    await ask('FLUSHALL'); // no other file uses this server
    const newcomers = await holder.site.signedIn();

    const client = '401 `expired`; the cookie is cleared';
    recordFault('F17', { client, slowestMs: visitors.slowestMs, recoveryMs: await newcomers.recover() });
  });
});
