import { onEachPlatform } from '../support/platforms.js';
import { log } from '../support/log-book.js';
import { redis, startApp } from '../support/app.js';
import { Scene } from '../support/scene.js';
import type { Platform } from '../support/platforms.js';
import { staged } from '../support/stage.js';
import type { SessionModuleOptions } from 'nestjs-redis-session';

const MAX_BYTES = 2_000;

/** Sets a scene like `setScene`, with the store that the options configure. */
function setPlainScene(platform: Platform, session: SessionModuleOptions): Scene {
  const scene = new Scene();
  beforeAll(async () => {
    const { controllers, providers } = staged(scene.stage);
    scene.app = await startApp(platform, { session, controllers, providers });
  });
  beforeEach(() => {
    scene.browser = scene.app.client();
  });
  return scene;
}

onEachPlatform((platform) => {
  describe('a session with a limit of 2,000 bytes', () => {
    const scene = setPlainScene(platform, { size: { max: MAX_BYTES, warn: 500 } });
    const { act, fields } = scene;

    test('a write above the size limit at the end of a request is 413, and the stored data stays unchanged', async () => {
      await scene.begin();
      const answer = await act((session) => {
        session['a'] = 2;
        session['big'] = 'x'.repeat(MAX_BYTES);
      });
      expect(answer).toMatchObject({ status: 413, setCookies: [] });
      expect(answer.text).toContain('expected at most 2000 bytes, received 2007');
      expect(await fields()).toEqual({ a: 1 });
    });

    test('a save above the size limit rejects, and the request can continue with less data', async () => {
      await scene.begin();
      const answer = await act(async (session) => {
        session['big'] = 'x'.repeat(MAX_BYTES);
        const error = await session.save().catch((failure: unknown) => failure);
        delete session['big'];
        session['small'] = 1;
        return { name: (error as Error).name };
      });
      expect(answer).toMatchObject({ status: 200, body: { name: 'SessionSizeError' } });
      expect(await fields()).toEqual({ a: 1, small: 1 });
    });

    test('a new session above the size limit is 413, and stores nothing', async () => {
      const before = (await scene.app.keys()).length;
      const answer = await act((session) => void (session['big'] = 'x'.repeat(MAX_BYTES)));
      expect(answer).toMatchObject({ status: 413, setCookies: [] });
      expect((await scene.app.keys()).length).toBe(before);
    });

    test('update() and increment() reject above the size limit', async () => {
      await scene.begin();
      await act((session) => void (session['full'] = 'x'.repeat(MAX_BYTES - 'a1full""'.length)));
      const answer = await act(async (session) => {
        const update = session.update('a', () => 12).catch((failure: unknown) => failure);
        const addition = session.increment('n' as never).catch((failure: unknown) => failure);
        return { names: [await update, await addition].map((error) => (error as Error).name) };
      });
      expect(answer.body).toEqual({ names: ['SessionSizeError', 'SessionSizeError'] });
      expect(await fields()).toMatchObject({ a: 1 });
    });
  });

  describe('a session above the warning size', () => {
    const scene = setPlainScene(platform, { size: { max: MAX_BYTES, warn: 500 } });
    const { act } = scene;

    test('a session above the warning size emits an event each time, and is logged once a minute', async () => {
      const id = await scene.begin();
      await act((session) => void (session['some'] = 'x'.repeat(600)));
      await act((session) => void (session['some'] = 'y'.repeat(600)));
      const events = (await scene.app.eventsOf('large-session')).filter(({ sessionId }) => sessionId === id);
      expect(events.map(({ bytes }) => bytes)).toEqual([608, 608]);
      expect(
        log.recent('warn').filter((line) => line.includes(`Session ${id} takes 608 bytes`)),
      ).toHaveLength(1);
    });
  });

  describe('a stored session', () => {
    const scene = setPlainScene(platform, { size: { max: MAX_BYTES } });

    const look = () => scene.act((session) => ({ ...session }));

    test.each<[string, string, (key: string) => Promise<unknown>]>([
      [
        'exceeds the size limit',
        'oversized',
        (key) => redis().hset(key, '.big', `"${'x'.repeat(MAX_BYTES)}"`),
      ],
      ['has lost its end', 'malformed', (key) => redis().hset(key, 's', `[1,${Date.now()}]`)],
      ['has an invalid time', 'malformed', (key) => redis().hset(key, 's', '[1,"yesterday",60000]')],
      ['has lost its facts', 'malformed', (key) => redis().hdel(key, 's')],
      ['has lost its activity', 'malformed', (key) => redis().hdel(key, 'a')],
      ['has lost a half of its rotation', 'malformed', (key) => redis().hset(key, 'r', '[5,"x","y"]')],
      ['was written by a later version', 'other-layout', (key) => redis().hset(key, 's', '[2,[]]')],
      [
        'is of another type',
        'other-type',
        (key) => redis().multi().del(key).set(key, 'x', 'PX', 60_000).exec(),
      ],
    ])(
      'a stored session that %s is treated as absent: one event, and the cookie is cleared',
      async (_what, problem, damage) => {
        const id = await scene.begin();
        await damage(scene.app.keyOf(id));
        const before = await redis().dump(scene.app.keyOf(id));
        const answer = await look();
        expect(answer).toMatchObject({ status: 200, body: {} });
        expect(answer.sessionCookie).toMatch(/Max-Age=0/);
        const emitted = (await scene.app.eventsOf('unusable-record')).filter(
          ({ sessionId }) => sessionId === id,
        );
        expect(emitted).toMatchObject([{ problem }]);
        // The record may belong to another program or a newer version, so it is left as it is.
        expect(await redis().dump(scene.app.keyOf(id))).toEqual(before);
      },
    );
  });
});
