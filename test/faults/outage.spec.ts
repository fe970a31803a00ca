import type { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { SESSION_REDIS } from 'nestjs-redis-session';
import { heldBytes } from '../support/garbage.js';
import { Load, withoutTraces } from './support/load.js';
import { useSite } from './support/site.js';

/** Rate on each of the two platforms. */
const PER_SECOND = 25;
const OUTAGE_MS = 1_500;
/** Time after which a request without a response counts as hanging; the benchmark measures the exact time. */
const PATIENCE_MS = 30_000;
/** Growth of the heap that is allowed: each of a few hundred requests that leaked would take some kilobytes. */
const NOISE_BYTES = 8 * 2 ** 20;

/** `npm run bench:outage` measures the same for longer, and compares it with another library. */
describe('an outage under load', () => {
  const holder = useSite();
  let restoreTraces: () => void;
  beforeAll(() => void (restoreTraces = withoutTraces()));
  afterAll(() => restoreTraces());
  const OUTAGES = [
    ['refused', () => holder.site.proxy.refuse(), () => holder.site.proxy.pass()],
    ['swallowed', () => holder.site.proxy.freeze(), () => holder.site.proxy.pass()],
    ['stopped', () => holder.site.redis.signal('SIGSTOP'), () => holder.site.redis.signal('SIGCONT')],
  ] as const;
  const listeners = () =>
    holder.site.apps.map(({ app }) => countListeners(app.get<EventEmitter>(SESSION_REDIS)));

  test.each(OUTAGES)(
    'with Redis %s, every request gets a response in time, no memory piles up, and the service recovers afterwards',
    async (_how, begin, end) => {
      const visitors = await holder.site.signedIn();
      await visitors.get('/account');
      const [before, heap] = [listeners(), await heldBytes()];
      const loads = holder.site.apps.map(
        (app, index) => new Load(app.port, '/account', visitors.clients[index]?.cookie ?? '', PER_SECOND),
      );
      await wait(200);
      const beganAt = performance.now();
      await begin();
      await wait(OUTAGE_MS);
      const endsAt = performance.now();
      await end();
      await visitors.recover();
      await wait(300);
      await Promise.all(loads.map((load) => load.stop(PATIENCE_MS)));

      for (const load of loads) {
        const all = load.tally(0, Infinity);
        expect(all.unanswered).toBe(0);
        expect(Object.keys(all.statuses).sort()).toEqual(['200', '503']);
        expect(load.tally(beganAt, endsAt).sent).toBeGreaterThan((PER_SECOND * OUTAGE_MS) / 1_000 / 2);
        expect(load.tally(endsAt, Infinity).statuses['200']).toBeGreaterThan(0);
        expect(load.normalAfter(endsAt)).not.toBeNull();
      }
      for (const [index, count] of listeners().entries())
        expect(count).toBeLessThanOrEqual(before[index] as number);
      expect((await heldBytes()) - heap).toBeLessThan(NOISE_BYTES);
    },
    60_000,
  );
});

function countListeners(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}
