import { useSite, DEADLINE_MS, SLACK_MS } from './support/site.js';
import { recordFault } from './support/record.js';
import { UNAVAILABLE, type Visitors } from './support/visitor.js';

const WITHIN_MS = DEADLINE_MS + SLACK_MS;

describe('faults of the connection', () => {
  const holder = useSite();
  let visitors: Visitors;
  beforeEach(async () => {
    visitors = await holder.site.signedIn();
  });
  afterEach(() => expect(visitors.slowestMs).toBeLessThan(WITHIN_MS));

  /** Returns true if a request to Redis runs a script. */
  const isScript = (request: string) => /evalsha|eval\r\n/i.test(request);

  test('after a lost reply, the client gets 503, and the operation has run exactly once [F2]', async () => {
    await visitors.post('/visits'); // from now on the server has the script
    for (const client of visitors.clients) {
      const cut = holder.site.proxy.cutAfterRequest(isScript);
      expect((await client.post('/visits')).status).toBe(503);
      await cut;
      await visitors.recover();
    }
    const recoveryMs = await visitors.recover();

    expect((await visitors.get('/visits')).body).toEqual({ visits: 2 });
    recordFault('F2', {
      client: '503; the operation has happened, once',
      slowestMs: visitors.slowestMs,
      recoveryMs,
    });
  });

  test('after a lost command, the client gets 503 and nothing has happened [F3]', async () => {
    let slowestMs = 0;
    let recoveryMs = 0;
    for (const client of visitors.clients) {
      const cut = holder.site.proxy.cutBeforeRequest(isScript);
      const startedAt = performance.now();
      expect((await client.post('/visits')).status).toBe(503);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      await cut;
      recoveryMs = Math.max(recoveryMs, await visitors.recover());
    }

    expect((await visitors.get('/visits')).body).toEqual({ visits: 0 });
    recordFault('F3', { client: '503; nothing has happened', slowestMs, recoveryMs });
  });

  test('while Redis is silent, every route that needs the session responds with 503 in time; sessions then recover without help [F4]', async () => {
    const { proxy, redis } = holder.site;
    visitors.restartClock();
    let recoveryMs = 0;
    const silences = [
      [() => proxy.freeze(), () => proxy.pass()],
      [() => redis.signal('SIGSTOP'), () => redis.signal('SIGCONT')],
    ] as const;
    for (const [begin, end] of silences) {
      await begin();
      for (const path of ['/account', '/cart']) expect(await visitors.get(path)).toEqual(UNAVAILABLE);
      expect(await visitors.post('/sign-out')).toEqual(UNAVAILABLE);
      expect((await visitors.get('/prices')).status).toBe(200);
      await end();
      recoveryMs = Math.max(recoveryMs, await visitors.recover());
    }

    recordFault('F4', {
      client: '503 within the deadline, also for a sign-out',
      slowestMs: visitors.slowestMs,
      recoveryMs,
    });
  });

  test('while Redis is slow, no request waits longer than the deadline, and no write runs late [F5]', async () => {
    const { proxy, redis } = holder.site;
    proxy.slow(400);
    expect(await visitors.put('/cart/slow')).toEqual(UNAVAILABLE);
    await proxy.pass();
    const recoveryMs = await visitors.recover();
    expect((await visitors.get('/cart')).body).toEqual({ cart: null });

    for (const command of [
      ['DEBUG', 'SLEEP', '1'],
      ['CLIENT', 'PAUSE', '1000', 'ALL'],
    ] as const) {
      const [name, ...args] = command;
      const slept = redis.ask(name, ...args);
      expect(await visitors.get('/account')).toEqual(UNAVAILABLE);
      await slept;
      await visitors.recover();
    }

    recordFault('F5', { client: '503 within the deadline', slowestMs: visitors.slowestMs, recoveryMs });
  });

  test('after Redis restarts empty, the response says that the session has expired and clears the cookie, and the client can sign in [F6]', async () => {
    const { redis } = holder.site;
    await redis.kill();
    expect(await visitors.get('/account')).toEqual(UNAVAILABLE);
    await redis.restart();
    const recoveryMs = await visitors.copy().recover('/account', 401);
    const outcome = await visitors.get('/account');

    expect(outcome).toMatchObject({ status: 401, body: { reason: 'expired' }, cookie: 'cleared' });
    await visitors.signIn();
    expect((await visitors.get('/account')).status).toBe(200);
    recordFault('F6', {
      client: '503, then 401 `expired`; the cookie is cleared',
      slowestMs: visitors.slowestMs,
      recoveryMs,
    });
  });
});
