import { log } from '../support/log-book.js';
import { platforms } from '../support/platforms.js';
import { eventually, until } from '../support/until.js';
import { recordFault } from './support/record.js';
import { DEADLINE_MS, SLACK_MS, useSite } from './support/site.js';
import { UNAVAILABLE, type Visitors } from './support/visitor.js';

type Ask = (command: string, ...args: (string | number)[]) => Promise<unknown>;

interface Refusal {
  readonly code: string;
  readonly begin: (ask: Ask) => Promise<unknown>;
  readonly end: (ask: Ask) => Promise<unknown>;
  /** Whether a session can be read meanwhile. */
  readonly isReadable: boolean;
  /** What the log says to do. Without one the server is away, and not set up wrongly. */
  readonly remedy?: RegExp;
}

const set = (ask: Ask, name: string, value: string | number) => ask('CONFIG', 'SET', name, value);

const REFUSALS: readonly Refusal[] = [
  {
    code: 'NOREPLICAS',
    begin: (ask) => set(ask, 'min-replicas-to-write', 2),
    end: (ask) => set(ask, 'min-replicas-to-write', 0),
    isReadable: true,
  },
  {
    code: 'MISCONF',
    begin: async (ask) => {
      await set(ask, 'save', '3600 1');
      await set(ask, 'dir', '/proc');
      await ask('BGSAVE');
      await until('a snapshot that failed', 5_000, async () =>
        String(await ask('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'),
      );
    },
    end: async (ask) => {
      await set(ask, 'save', '');
      await set(ask, 'stop-writes-on-bgsave-error', 'no');
    },
    isReadable: true,
    remedy: /write its snapshot to the disk/,
  },
  {
    code: 'NOPERM',
    begin: (ask) => ask('ACL', 'SETUSER', 'default', '-evalsha', '-eval'),
    end: (ask) => ask('ACL', 'SETUSER', 'default', '+@all'),
    isReadable: true,
    remedy: /ACL user/,
  },
  {
    code: 'NOAUTH',
    begin: async (ask) => {
      await set(ask, 'requirepass', 'secret');
      await ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
    end: (ask) => set(ask, 'requirepass', ''),
    isReadable: false,
    remedy: /asks for a password/,
  },
  {
    code: 'MASTERDOWN',
    begin: async (ask) => {
      await set(ask, 'replica-serve-stale-data', 'no');
      await ask('REPLICAOF', '127.0.0.1', 1);
    },
    end: (ask) => ask('REPLICAOF', 'NO', 'ONE'),
    isReadable: false,
  },
  {
    code: 'BUSY',
    begin: async (ask) => {
      await set(ask, 'busy-reply-threshold', 50);
      void ask('EVAL', 'while true do end', 0).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 150));
    },
    end: (ask) => ask('SCRIPT', 'KILL'),
    isReadable: false,
  },
];

describe('faults that Redis answers with', () => {
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
    const client = '503; reading goes on where Redis lets it; a sign-out that was refused is not confirmed';
    recordFault('F19', { client, slowestMs, recoveryMs });
  });

  test.each(REFUSALS)(
    'F19 $code: the client is told no more than 503, and the log what to do',
    async ({ code, begin, end, isReadable, remedy }) => {
      const ask: Ask = async (command, ...args) => holder.site.redis.admin.call(command, ...args);
      const killer = holder.site.redis.admin.duplicate({ enableReadyCheck: false });
      killer.on('error', () => undefined); // it is cut and refused as others are
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

  test('F19 WRONGPASS: the start fails and says what to correct', async () => {
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

  test('F19 WRONGTYPE: a key of another type is no session', async () => {
    const [id = ''] = await visitors.signIn();
    await holder.site.redis.ask('DEL', holder.site.keyOf(id));
    await holder.site.redis.ask('RPUSH', holder.site.keyOf(id), 'a');
    await holder.site.redis.ask('PEXPIRE', holder.site.keyOf(id), 60_000);
    const [client] = visitors.clients;
    const { status, sessionCookie } = await (client as NonNullable<typeof client>).get('/account');

    expect({ status, isGone: sessionCookie?.includes('; Max-Age=0') }).toEqual({ status: 401, isGone: true });
    await holder.site.redis.ask('DEL', holder.site.keyOf(id));
    for (const { sessions } of holder.site.apps) await sessions.count('alice-on-Express');
  });
});
