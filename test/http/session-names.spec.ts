import { redis } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { AnySession, Fields } from '../support/stage.js';

const METHODS = [
  ...(['regenerate', 'destroy', 'save', 'reload', 'touch', 'increment', 'update'] as const),
  ...(['get', 'set', 'options'] as const),
];
const RESERVED = ['id', ...METHODS, '__proto__', 'constructor', 'prototype'];

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { act, fields } = scene;

  describe('reserved names', () => {
    test.each(RESERVED)('%s cannot be assigned, and the error has the name and advice', async (name) => {
      const { body, status } = await act((session) => {
        try {
          (session as Fields)[name] = 'mine';
          return 'assigned';
        } catch (error) {
          return { name: (error as Error).name, message: (error as Error).message };
        }
      });

      expect(status).toBe(200);
      expect(body).toEqual({
        name: 'SessionValueError',
        message: expect.stringMatching(
          new RegExp(`^session\\.${name} cannot be set: .*reserved.*another name`),
        ) as string,
      });
    });

    test.each(METHODS)('%s is unchanged after an attempt to overwrite or delete it', async (name) => {
      const { body } = await act((session) => {
        const before = session[name] as unknown;
        attempt(() => ((session as Fields)[name] = () => undefined));
        attempt(() => delete (session as Fields)[name]);
        attempt(() => Object.assign(session, { [name]: 1 }));
        return session[name] === before && typeof before === 'function';
      });

      expect(body).toBe(true);
    });

    test.each(RESERVED)(
      'a property %s that was defined by force is rejected before anything is stored',
      async (name) => {
        await act((session) => void (session['a'] = 1));
        const { status } = await act((session) => {
          session['a'] = 2;
          Object.defineProperty(session, name, { value: 'mine', enumerable: true, configurable: true });
        });

        expect(status).toBe(500);
        expect(log.troubles.join()).toContain(`session.${name} cannot be set`);
        expect(await fields()).toEqual({ a: 1 });
      },
    );

    test('the prototype that all sessions share cannot be changed', async () => {
      const { body } = await act((session) => {
        const prototype = Object.getPrototypeOf(session) as Fields;
        attempt(() => (prototype['isAdmin'] = true));
        attempt(() => Object.setPrototypeOf(prototype, { isAdmin: true }));
        return { isAdmin: session['isAdmin'] ?? null, isFrozen: Object.isFrozen(prototype) };
      });

      expect(body).toEqual({ isAdmin: null, isFrozen: true });
    });
  });

  describe('request.session = …', () => {
    test.each<[string, unknown]>([
      ['assigning null', null],
      ['assigning another object', { userId: 'mallory' }],
    ])('%s to request.session throws, and the error says what to do instead', async (_name, value) => {
      const { body } = await act((session, request) => {
        session['a'] = 1;
        try {
          request.session = value as AnySession;
          return 'assigned';
        } catch (error) {
          return { name: (error as Error).name, message: (error as Error).message, a: request.session['a'] };
        }
      });

      expect(body).toEqual({
        name: 'SessionUsageError',
        message: expect.stringContaining('request.session.destroy()') as string,
        a: 1,
      });
    });
  });

  describe('a payload from the client', () => {
    const payload = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"name":"x"}';

    test('a payload with __proto__ inside a value is rejected, nothing is stored, and no prototype changes', async () => {
      await act((session) => void (session['a'] = 1));
      const { status } = await act((session) => void (session['profile'] = JSON.parse(payload)));

      expect(status).toBe(500);
      expect(log.troubles.join()).toContain('session.profile.__proto__ cannot be stored');
      expect(await fields()).toEqual({ a: 1 });
      expect(({} as Fields)['isAdmin']).toBeUndefined();
    });

    test.each<[string, (session: AnySession, value: Fields) => void]>([
      ['Object.assign', (session, value) => void Object.assign(session, value)],
      ['a for…in loop, as in passport,', mergeByForIn],
    ])('a payload that %s merges into the session changes no prototype', async (_name, merge) => {
      const { body } = await act((session) => {
        attempt(() => merge(session, JSON.parse(payload) as Fields));
        return { isAdmin: session['isAdmin'] ?? null, hasSave: typeof session.save };
      });

      expect(body).toEqual({ isAdmin: null, hasSave: 'function' });
      expect(({} as Fields)['isAdmin']).toBeUndefined();
    });

    test('a reserved name that is stored in Redis is omitted, with an event and a warning', async () => {
      const { body } = await act((session) => {
        session['a'] = 1;
        return { id: session.id };
      });
      const { id } = body as { id: string };
      const key = scene.app.keyOf(id);
      await redis().hset(
        key,
        '.b',
        '{"__proto__":{"isAdmin":true}}',
        '.__proto__',
        '{"isAdmin":true}',
        '.save',
        '1',
      );

      const { body: seen, status } = await act((session) => ({
        all: { ...session },
        isAdmin: session['isAdmin'] ?? null,
        hasSave: typeof session.save,
      }));

      expect(status).toBe(200);
      expect(seen).toEqual({ all: { a: 1 }, isAdmin: null, hasSave: 'function' });
      expect(await scene.app.eventsOf('invalid-data')).toContainEqual(
        expect.objectContaining({ sessionId: id, field: 'b' }) as unknown,
      );
      expect(log.recent('warn').join()).toContain('the stored field "b" was ignored');
    });
  });
});

function attempt(operation: () => unknown): void {
  try {
    operation();
  } catch {
    // What comes of it is what the test looks at.
  }
}

function mergeByForIn(session: AnySession, value: Fields): void {
  for (const name in value) (session as Fields)[name] = value[name];
}
