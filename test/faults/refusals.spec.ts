import { log } from '../support/log-book.js';
import { platforms } from '../support/platforms.js';
import { eventually } from '../support/until.js';
import { recordFault } from './support/record.js';
import { type Ask, REFUSALS } from './support/refusals.js';
import { DEADLINE_MS, SLACK_MS, useSite } from './support/site.js';
import { UNAVAILABLE, type Visitors } from './support/visitor.js';

describe('errors with which Redis rejects commands', () => {
  const holder = useSite({ args: ['--enable-protected-configs', 'yes'] });
  let visitors: Visitors;
  let recoveryMs = 0;
  let slowestMs = 0;
  beforeEach(async () => {
    visitors = await holder.site.signedIn();
    await visitors.put('/cart/kite');
    visitors.restartClock();
  });
  afterEach(() => {
    slowestMs = Math.max(slowestMs, visitors.slowestMs);
    expect(visitors.slowestMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
  });
  afterAll(() => {
    const client = '503; reads succeed if Redis permits them; a rejected sign-out is not confirmed';
    recordFault('F19', { client, slowestMs, recoveryMs });
  });

  test.each(REFUSALS)(
    '$code: the client gets a 503 without details, and the log names the remedy [F19]',
    async ({ code, begin, end, isReadable, remedy }) => {
      const ask: Ask = async (command, ...args) => holder.site.redis.admin.call(command, ...args);
      const killer = holder.site.redis.admin.duplicate({ enableReadyCheck: false });
      killer.on('error', () => undefined); // its connection is cut and its commands are rejected, too
      const askBeside: Ask = async (command, ...args) => killer.call(command, ...args);
      await killer.ping();
      log.turnPage();
      await begin(ask);
      try {
        const reading = await visitors.get('/account');
        if (isReadable) expect(reading.status).toBe(200);
        else expect(reading).toEqual(UNAVAILABLE);
        expect(await visitors.put('/cart/boat')).toEqual(UNAVAILABLE);
        expect(await visitors.post('/sign-out')).toEqual(UNAVAILABLE);
        const told = log.recent('warn', 'error').join('\n');
        expect(told).toContain(code === 'BUSY' || code === 'NOAUTH' ? '' : code);
        if (remedy) expect(told).toMatch(remedy);
      } finally {
        await end(code === 'BUSY' ? askBeside : ask);
        killer.disconnect();
      }
      recoveryMs = Math.max(recoveryMs, await visitors.recover());
      expect((await visitors.get('/cart')).body).toEqual({ cart: 'kite' });
    },
  );

  test('WRONGPASS: the start fails with an error that says what to correct [F19]', async () => {
    await holder.site.redis.ask('CONFIG', 'SET', 'requirepass', 'secret');
    const url = `redis://:wrong@127.0.0.1:${holder.site.proxy.port}`;
    for (const platform of platforms) {
      await expect(
        holder.site.startApp(platform, { redis: { url, options: { disconnectTimeout: 50 } } }),
      ).rejects.toThrow(/WRONGPASS.*correct the option "redis"/);
    }
    await holder.site.redis.ask('CONFIG', 'SET', 'requirepass', '');
    await eventually(async () => visitors.recover());
  });

  test('WRONGTYPE: a key of another type reads as no session [F19]', async () => {
    const [id = ''] = await visitors.signIn();
    await holder.site.redis.ask('DEL', holder.site.keyOf(id));
    await holder.site.redis.ask('RPUSH', holder.site.keyOf(id), 'a');
    await holder.site.redis.ask('PEXPIRE', holder.site.keyOf(id), 60_000);
    const [client] = visitors.clients;
    const { status, sessionCookie } = await (client as NonNullable<typeof client>).get('/account');

    expect({ status, isCleared: sessionCookie?.includes('; Max-Age=0') }).toEqual({
      status: 401,
      isCleared: true,
    });
    await holder.site.redis.ask('DEL', holder.site.keyOf(id));
    for (const { sessions } of holder.site.apps) await sessions.count('alice-on-Express');
  });
});
