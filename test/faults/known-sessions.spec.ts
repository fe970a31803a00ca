import { SessionCache, type SessionId } from 'nestjs-redis-session';
import type { Client } from '../support/client.js';
import { Memories } from '../support/memories.js';
import { eventually, until } from '../support/until.js';
import { STALENESS_MS, TROUBLES } from './support/known-troubles.js';
import { SLACK_MS, useSite } from './support/site.js';

const PATIENCE_MS = 20_000;
const USERS = ['leaver', 'stayer', 'newcomer'];

/** A session of which both processes hold a copy. */
interface Known {
  readonly id: SessionId;
  readonly key: string;
  /** The browser of the session, at each of the two processes. */
  readonly clients: readonly Client[];
}

describe('with the cache in two processes', () => {
  const holder = useSite({
    args: ['--enable-protected-configs', 'yes'],
    session: { cache: { staleness: STALENESS_MS } },
  });

  const known = async (user: string): Promise<Known> => {
    const { apps } = holder.site;
    const clients = apps.map((app) => app.client());
    const [first] = clients as [Client];
    const { status, body } = await first.post(`/sign-in/${user}`);
    expect(status).toBe(200);
    for (const client of clients) client.cookie = first.cookie;
    const { id } = body as { id: SessionId };
    await new Memories(apps).keep(id);
    return { id, key: holder.site.keyOf(id), clients };
  };

  const are = (state: 'coherent' | 'bypassed') =>
    until(`caches that are ${state}`, PATIENCE_MS, () =>
      holder.site.apps.every(({ app }) => app.get(SessionCache).statistics().state === state),
    );

  /** Returns the start of the last request that a process accepts for a session, and waits until the process rejects one. */
  const lastSeen = async (client: Client): Promise<number> => {
    let at = -Infinity;
    await until('the end of the session', PATIENCE_MS, async () => {
      const startedAt = performance.now();
      const { status } = await client.copy().get('/account');
      if (status === 200) at = startedAt;
      return status !== 200;
    });
    return at;
  };

  const answers = async ({ clients }: Known, status: number) => {
    for (const client of clients) {
      const copy = client.copy();
      await until(
        `an answer ${status}`,
        PATIENCE_MS,
        async () => (await copy.get('/account')).status === status,
      );
    }
  };

  beforeEach(() => are('coherent'));

  test.each(TROUBLES)(
    '$what: the end of a session is visible within the bound, other users stay signed in, and the cache recovers [$id]',
    async ({ begin, end, isEndedMeanwhile, endBy, isNoticed, losesAll }) => {
      const { redis } = holder.site;
      const [leaver, stayer] = [await known('leaver'), await known('stayer')];
      const finish = async () => {
        await (endBy ?? (({ key }) => redis.ask('DEL', key)))({
          ask: redis.ask.bind(redis),
          key: leaver.key,
        });
        return performance.now();
      };
      await begin?.(holder.site, leaver.key);
      let endedAt: number;
      let seen: readonly number[];
      try {
        endedAt = isEndedMeanwhile ? await finish() : Infinity;
        const startedAt = performance.now();
        const { status } = await (stayer.clients[1] as Client).copy().get('/account');
        expect([200, 503, ...(losesAll ? [401] : [])]).toContain(status);
        expect(performance.now() - startedAt).toBeLessThan(SLACK_MS);
        seen = isEndedMeanwhile ? await Promise.all(leaver.clients.map(lastSeen)) : [];
        if (isNoticed) await are('bypassed');
      } finally {
        await end?.(holder.site);
      }
      if (!isEndedMeanwhile) {
        endedAt = await finish();
        seen = await Promise.all(leaver.clients.map(lastSeen));
      }

      // Measured from the start of the request, so that a slow machine does not fail the test.
      expect(Math.max(...seen) - endedAt).toBeLessThanOrEqual(STALENESS_MS);
      await answers(leaver, 401);
      await answers(stayer, losesAll ? 401 : 200);
      await are('coherent');
      await known('newcomer');
      await redis.ask('DEL', leaver.key); // it may be of another type

      // The index names keys that were deleted by hand until it is read.
      for (const user of USERS)
        await eventually(() => holder.site.apps[0]?.sessions.revokeAll(user) as Promise<unknown>);
    },
    60_000,
  );
});
