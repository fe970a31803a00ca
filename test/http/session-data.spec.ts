import { inspect } from 'node:util';
import { redis } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { AnySession } from '../support/stage.js';

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { act, fields } = scene;

  describe('request.session', () => {
    test('the session keeps the data of the application as plain properties between requests', async () => {
      await act((session) => {
        session['cart'] = ['book'];
        session['step'] = 2;
      });

      const { body } = await act((session) => ({ cart: session['cart'], step: session['step'] }));

      expect(body).toEqual({ cart: ['book'], step: 2 });
    });

    test('the session keeps properties that were assigned together', async () => {
      await act((session) => void Object.assign(session, { one: 1, two: { three: 3 } }));

      expect(await fields()).toEqual({ one: 1, two: { three: 3 } });
    });

    test.each<[string, unknown]>([
      ['text', 'grüße 👋 \u0000'],
      ['an empty string', ''],
      ['a number', -0.5],
      ['a large number', Number.MAX_SAFE_INTEGER],
      ['false', false],
      ['null', null],
      ['an empty array', []],
      ['an empty object', {}],
      ['nested arrays and objects', { list: [[], [{}], [null]], deep: { deeper: ['end'] } }],
    ])('the session returns %s unchanged', async (_kind, value) => {
      await act((session) => void (session['value'] = value));

      expect(await fields()).toEqual({ value });
    });

    test('the session detects a change deep inside a value without an assignment', async () => {
      await act((session) => void (session['cart'] = { items: [{ name: 'book', count: 1 }] }));
      await act((session) => {
        const cart = session['cart'] as { items: { count: number }[] };
        cart.items[0]!.count++;
      });

      expect(await fields()).toEqual({ cart: { items: [{ name: 'book', count: 2 }] } });
    });

    test('the session detects a change of an array in place', async () => {
      await act((session) => void (session['list'] = [3, 1, 2]));
      await act((session) => void (session['list'] as number[]).sort());

      expect(await fields()).toEqual({ list: [1, 2, 3] });
    });

    test('the session detects a change through a reference from before the assignment', async () => {
      const cart = { items: ['book'] };
      await act((session) => {
        session['cart'] = cart;
        cart.items.push('pen');
      });

      expect(await fields()).toEqual({ cart: { items: ['book', 'pen'] } });
    });

    test.each<[string, (session: AnySession) => void]>([
      ['deleted', (session) => delete session['a']],
      ['set to undefined', (session) => (session['a'] = undefined)],
      ['read and then deleted', (session) => [session['a'], delete session['a']]],
    ])('the session loses a property that was %s', async (_how, remove) => {
      await act((session) => void Object.assign(session, { a: 1, b: 2 }));
      await act((session) => void remove(session));

      expect(await fields()).toEqual({ b: 2 });
    });

    test('a request writes only changed fields, so parallel changes of different fields are both kept', async () => {
      const { body } = await act((session) => {
        Object.assign(session, { a: 1, b: 1 });
        return { id: session.id };
      });
      const { id } = body as { id: string };
      const key = scene.app.keyOf(id);
      await act(async (session) => {
        await redis().hset(key, '.b', '2'); // another request, during this one
        session['a'] = 2;
      });

      expect(await fields()).toEqual({ a: 2, b: 2 });
    });

    test('reading the session writes nothing', async () => {
      const { body } = await act((session) => {
        session['cart'] = { items: [] };
        return { id: session.id };
      });
      const before = await scene.app.stored((body as { id: string }).id);

      await act((session) => JSON.stringify(session));

      expect(await scene.app.stored((body as { id: string }).id)).toEqual(before);
    });
  });

  describe('session.id', () => {
    test('session.id is the public id, which is not a valid cookie', async () => {
      const { body } = await act((session) => {
        session['a'] = 1;
        return { id: session.id };
      });
      const { id } = body as { id: string };

      expect(id).toMatch(/^[\w-]{25}$/);
      expect(scene.browser.cookie).not.toContain(id.slice(3));
      expect(await scene.app.sessions.get(id)).toMatchObject({ id, userId: null });
      scene.browser.cookie = `__Host-sid=${id}`;
      expect(await fields()).toEqual({});
    });

    test('session.id is the same before and after the session is first stored', async () => {
      const { body } = await act(async (session) => {
        const before = session.id;
        session['a'] = 1;
        await session.save();
        return { before, after: session.id };
      });
      const { before, after } = body as Record<string, string>;

      expect(after).toBe(before);
      expect((await act((session) => ({ id: session.id }))).body).toEqual({ id: after });
    });
  });

  describe('operations on a whole session', () => {
    test.each<[string, (session: AnySession) => string[]]>([
      ['Object.keys', (session) => Object.keys(session)],
      ['for…in', namesByForIn],
      ['Reflect.ownKeys', (session) => Reflect.ownKeys(session).map(String)],
      ['JSON.stringify', (session) => Object.keys(JSON.parse(JSON.stringify(session)) as object)],
      ['the spread operator', (session) => Object.keys({ ...session })],
    ])('%s sees the data and nothing else', async (_name, look) => {
      await act((session) => void Object.assign(session, { a: 1, b: { c: 2 } }));

      expect((await act((session) => look(session).sort())).body).toEqual(['a', 'b']);
    });

    test.each<[string, (session: AnySession) => unknown]>([
      ['util.inspect', (session) => inspect(session, { depth: null })],
      ['util.inspect with all options', inspectAll],
      ['JSON.stringify', (session) => JSON.stringify(session)],
      ['String', (session) => String(session)],
    ])('%s never shows a token', async (_name, look) => {
      await act((session) => void Object.assign(session, { a: 1 }));
      const token = scene.browser.cookie?.split('=')[1] ?? 'none';

      const { text } = await act((session) => ({ shown: look(session) }));

      expect(text).toContain('shown');
      expect(text).not.toContain(token.slice(3));
    });
  });

  test('saves that are not awaited run one after another and are all stored', async () => {
    await act((session) => {
      for (let count = 1; count <= 5; count++) {
        session['count'] = count;
        void session.save();
      }
    });

    expect(await fields()).toEqual({ count: 5 });
  });

  test('a field that is set back to its previous value causes no write', async () => {
    const { body } = await act((session) => {
      session['a'] = { b: 1 };
      return { id: session.id };
    });
    const { id } = body as { id: string };
    const before = await scene.app.stored(id);
    await act((session) => {
      session['a'] = 'changed';
      session['a'] = { b: 1 };
    });

    expect(await scene.app.stored(id)).toEqual(before);
  });
});

function namesByForIn(session: object): string[] {
  const names: string[] = [];
  for (const name in session) names.push(name);
  return names;
}

function inspectAll(session: object): string {
  return inspect(session, { depth: null, showHidden: true, getters: true, showProxy: true });
}
