import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SessionEvents } from 'nestjs-redis-session';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';

onEachPlatform((platform) => {
  describe('a listener', () => {
    const scene = setScene(platform);
    const { act } = scene;
    let events: SessionEvents;
    beforeAll(() => {
      events = scene.app.app.get(SessionEvents);
    });

    const signIn = () =>
      act((_session, request) => scene.app.sessions.signIn(request, { id: randomBytes(4).toString('hex') }));

    test.each<[string, () => unknown]>([
      [
        'throws',
        () => {
          throw new Error('a fault of a listener');
        },
      ],
      ['rejects', () => Promise.reject(new Error('a fault of a listener'))],
      [
        'throws a value that is not an error',
        () => {
          throw 'a fault of a listener';
        },
      ],
    ])(
      'a listener that %s breaks nothing, is logged, and does not affect the other listeners',
      async (_how, fault) => {
        const heard: string[] = [];
        const offs = [
          events.on('signed-in', fault),
          events.on('signed-in', ({ userId }) => heard.push(userId)),
        ];
        const { status } = await signIn();
        await delay(2);
        for (const off of offs) off();

        expect(status).toBe(200);
        expect(heard).toHaveLength(1);
        expect(log.recent('error')).toEqual(['A listener of "signed-in" failed: a fault of a listener']);
      },
    );

    test('a listener that never settles does not delay the response', async () => {
      const off = events.on('signed-in', () => new Promise(() => undefined));
      const { status } = await signIn();
      off();

      expect(status).toBe(200);
    });

    test('a listener runs after the operation, in its own turn of the event loop', async () => {
      const order: string[] = [];
      const off = events.on('signed-in', () => order.push('heard'));
      await act(async (_session, request) => {
        await scene.app.sessions.signIn(request, { id: 'alice' });
        order.push('signed in');
      });
      off();

      expect(order).toEqual(['signed in', 'heard']);
    });

    test('a removed listener receives no further events', async () => {
      const heard: unknown[] = [];
      events.on('*', (event) => heard.push(event))();
      await signIn();

      expect(heard).toEqual([]);
    });
  });
});
