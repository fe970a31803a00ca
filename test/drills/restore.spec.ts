import { cp, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { canRunTopologies } from '../support/redis-node.js';
import { drill, type Seed, sow } from './restore/drill.js';
import { signIn } from './restore/life.js';
import { type Persistence, PersistentRedis } from './restore/server.js';

const SESSIONS = 1_000;
const WITHIN_MS = 120_000;

(canRunTopologies ? describe : describe.skip)('a restore from a backup', () => {
  let seed: Seed;

  beforeAll(async () => {
    seed = await sow(SESSIONS);
  }, WITHIN_MS);
  afterAll(() => seed?.close());

  it(
    'a snapshot revives every session that ended after it, and the revocation ends them all and keeps later sign-ins',
    async () => {
      const figures = await drill('rdb', seed);
      const revived = new Set(figures.revived.map(({ how }) => how));
      expect(revived).toEqual(new Set(['signed out', 'revoked', 'regenerated', 'replaced by a sign-in']));
      expect(figures.lostSignIns).toBe(30);
      expect(figures.stillLive).toEqual([]);
      expect(figures.keepsLaterSignIn).toBe(true);
      expect(figures.left).toBe(1);
      expect(figures.revoked).toBe(SESSIONS + 30); // and the visitors
    },
    WITHIN_MS,
  );

  it.each<[Persistence]>([['aof-everysec'], ['aof-always']])(
    'after a crash of the process, the log of %s has every write, and the revocation ends all restored sessions',
    async (persistence) => {
      const figures = await drill(persistence, seed);
      expect(figures).toMatchObject({
        revived: [],
        lostSignIns: 0,
        stillLive: [],
        keepsLaterSignIn: true,
        left: 1,
      });
      // A third of the sessions were regenerated and live on; each visitor has signed in, and so have the late users.
      expect(figures.revoked).toBe(SESSIONS - 20 + 30 + 30);
    },
    WITHIN_MS,
  );

  it(
    'a log whose end is cut off is loaded without its last write',
    async () => {
      const first = await PersistentRedis.start('aof-always');
      const kept = await signIn(first.store, 'alice');
      const last = await signIn(first.store, 'bob');
      await first.kill();
      const second = await PersistentRedis.start('aof-always', async (folder) => {
        await cp(join(first.folder, 'appendonlydir'), join(folder, 'appendonlydir'), { recursive: true });
        const [log] = (await readdir(join(folder, 'appendonlydir'))).filter((name) =>
          name.includes('.incr.'),
        );
        const file = join(folder, 'appendonlydir', log as string);
        await truncate(file, (await stat(file)).size - 5);
      });
      try {
        expect(await second.store.load(kept.id)).not.toBeNull();
        expect(await second.store.load(last.id)).toBeNull();
      } finally {
        await Promise.all([first.stop(), second.stop()]);
      }
    },
    WITHIN_MS,
  );

  it(
    'a session whose time passes while Redis is down has expired after the restore',
    async () => {
      const first = await PersistentRedis.start('aof-always');
      const timeouts = { idleMs: 1_000, absoluteMs: 1_000 };
      const short = await signIn(first.store, 'alice', { timeouts });
      const long = await signIn(first.store, 'bob');
      await first.kill();
      await wait(1_100);
      const second = await PersistentRedis.start('aof-always', (folder) =>
        cp(join(first.folder, 'appendonlydir'), join(folder, 'appendonlydir'), { recursive: true }),
      );
      try {
        expect(await second.store.load(short.id)).toBeNull();
        expect(await second.store.load(long.id)).not.toBeNull();
      } finally {
        await Promise.all([first.stop(), second.stop()]);
      }
    },
    WITHIN_MS,
  );
});
