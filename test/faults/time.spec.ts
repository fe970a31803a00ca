import { jest } from '@jest/globals';
import { recordFault } from './support/record.js';
import { useSite } from './support/site.js';
import { userOn } from './support/visitor.js';

const HOUR_MS = 3_600_000;

const SETTINGS = [
  { how: '', session: {} },
  { how: ', with the cache', session: { cache: true } },
];

describe.each(SETTINGS)('faults of time$how', ({ session }) => {
  const holder = useSite({ session });
  afterEach(() => jest.restoreAllMocks());

  /** Returns the remaining idle and absolute lifetimes of all users' sessions in Redis. */
  const lives = async () => {
    const { redis, apps } = holder.site;
    const sessions = await Promise.all(
      apps.map(({ sessions, platform }) => sessions.list(userOn(platform.name))),
    );
    return Promise.all(
      sessions.flat().map(async ({ id }) => {
        const key = holder.site.keyOf(id);
        const [seconds] = (await redis.ask('TIME')) as [string];
        const [, createdAt, endsAfter] = JSON.parse(
          (await redis.ask('HGET', key, 's')) as string,
        ) as number[];
        const end = (createdAt as number) + (endsAfter as number) - Number(seconds) * 1_000;
        return { idleMs: Number(await redis.ask('PTTL', key)), absoluteMs: end };
      }),
    );
  };

  test('a wrong clock of the application neither shortens nor extends a session [F20]', async () => {
    const before = await holder.site.signedIn();
    const realNow = Date.now;
    let slowestMs = 0;
    for (const shiftMs of [HOUR_MS, -HOUR_MS]) {
      jest.spyOn(Date, 'now').mockImplementation(() => realNow() + shiftMs);
      expect((await before.get('/account')).status).toBe(200);
      expect((await before.put('/cart/kite')).status).toBe(200);
      const during = await holder.site.signedIn();
      expect((await during.get('/account')).status).toBe(200);
      for (const { idleMs, absoluteMs } of await lives()) {
        // Half an hour plus a tenth, and twelve hours.
        expect(Math.round(idleMs / 60_000)).toBe(33);
        expect(Math.round(absoluteMs / HOUR_MS)).toBe(12);
      }
      jest.restoreAllMocks();
      expect((await before.get('/account')).status).toBe(200);
      expect((await during.get('/account')).status).toBe(200);
      slowestMs = Math.max(slowestMs, during.slowestMs);
    }
    recordFault('F20', { client: 'nothing, because Redis’ clock decides', slowestMs });
  });

  test('every key has an expiry after every operation [F21]', async () => {
    const visitors = holder.site.visitors();
    const steps: [string, string][] = [
      ['PUT', '/cart/kite'],
      ['POST', '/visits'],
      ['POST', '/sign-in/someone'],
      ['PUT', '/cart/boat'],
      ['POST', '/visits'],
      ['POST', '/regenerate'],
      ['POST', '/sign-in/someone'],
      ['POST', '/sign-out'],
      ['PUT', '/cart/car'],
    ];
    for (const [method, path] of steps) {
      expect((await visitors.send(method, path)).status).toBeLessThan(300);
      await holder.site.assertClean();
      for (const key of await holder.site.keys()) {
        expect({ key, ends: Number(await holder.site.redis.ask('PTTL', key)) > 0 }).toEqual({
          key,
          ends: true,
        });
      }
    }
    recordFault('F21', { client: 'nothing', slowestMs: visitors.slowestMs });
  });
});
