import { redis } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { Fields } from '../support/stage.js';

const cycle: Fields = {};
cycle['self'] = cycle;

class Entity {
  readonly id = 7;
  constructor(readonly createdAt: Date) {}
  get label(): string {
    return `entity ${this.id}`;
  }
}

onEachPlatform((platform) => {
  describe('a value that JSON changes', () => {
    const scene = setScene(platform);
    const { act, fields } = scene;
    const AT = '2026-01-01T00:00:00.000Z';

    test('a value that JSON changes stays unchanged for its request, and has its JSON form in the next one', async () => {
      const written = await act(async (session) => {
        Object.assign(session, {
          state: { issued: new Date(AT), nonce: undefined },
          user: new Entity(new Date(AT)),
        });
        await session.save();
        const { issued } = session['state'] as { issued: unknown };
        return { isDate: issued instanceof Date, isEntity: session['user'] instanceof Entity };
      });

      expect(written).toMatchObject({ status: 200, body: { isDate: true, isEntity: true } });
      expect(await fields()).toEqual({ state: { issued: AT }, user: { id: 7, createdAt: AT } });
    });

    test('a value that JSON changes emits an event each time, and one warning for each field', async () => {
      const { body } = await act((session) => {
        Object.assign(session, { oidc: { issued: new Date(AT) }, list: [undefined, NaN] });
        return { id: session.id };
      });
      const { id } = body as { id: string };
      await act((session) => void (session['oidc'] = { issued: new Date(0) }));

      const remedy = expect.stringMatching(/^Store /) as string;
      expect(await scene.app.eventsOf('value-converted')).toMatchObject([
        { sessionId: id, field: 'oidc', path: 'oidc.issued', received: 'a Date', remedy },
        { sessionId: id, field: 'list', path: 'list[0]', received: 'undefined', remedy },
        { sessionId: id, field: 'oidc', path: 'oidc.issued', received: 'a Date', remedy },
      ]);
      expect(log.recent('warn')).toEqual([
        expect.stringContaining(
          'session.oidc.issued held a Date and was stored as JSON.stringify serializes it.',
        ),
        expect.stringContaining('session.list[0] held undefined'),
      ]);
      expect(await fields()).toEqual({ oidc: { issued: '1970-01-01T00:00:00.000Z' }, list: [null, null] });
    });

    test('a value with the same JSON is neither written nor reported again', async () => {
      await act((session) => void (session['at'] = new Date(AT)));
      scene.app.events.length = 0;
      await act((session) => void (session['at'] = new Date(AT)));

      expect(await scene.app.eventsOf('value-converted')).toEqual([]);
    });

    test('update() returns the value in its stored form', async () => {
      const { body } = await act(async (session) => {
        session['a'] = 1;
        await session.save();
        const updated = await session.update('at', () => new Date(AT));
        return { updated, type: typeof updated, read: session['at'] };
      });

      expect(body).toEqual({ updated: AT, type: 'string', read: AT });
      expect(await scene.app.eventsOf('value-converted')).toMatchObject([{ field: 'at', path: 'at' }]);
    });

    test('an unreadable value counts as absent for reads, update() and increment()', async () => {
      const id = await scene.begin();
      await redis().hset(scene.app.keyOf(id), '.a', '{"half":', '.b', '{"half":');
      const { status, body } = await act(async (session) => ({
        read: session['a'] ?? null,
        sum: await session.increment('a' as never, 2),
        updated: await session.update('b', (value) => (value === undefined ? 'new' : 'old')),
      }));

      expect({ status, body }).toEqual({ status: 200, body: { read: null, sum: 2, updated: 'new' } });
      expect(await fields()).toEqual({ a: 2, b: 'new' });
    });

    test('names that clients choose do not fill the memory', async () => {
      for (let part = 0; part < 3; part++) {
        await act((session) => {
          for (let field = 0; field < 50; field++) session[`by-client-${part}-${field}`] = new Date();
        });
      }

      const warnings = log.recent('warn').filter((line) => line.includes('by-client-'));
      expect(warnings.length).toBeGreaterThan(50);
      expect(warnings.length).toBeLessThanOrEqual(100);
    });

    test.each<[string, unknown, string]>([
      ['a BigInt', { at: new Date(), total: 1n }, 'session.value.total'],
      ['a cycle', cycle, 'contains itself'],
      ['a function', () => 1, 'received a value that JSON omits'],
    ])('a value without a JSON form is rejected: %s', async (_what, value, message) => {
      await act((session) => void (session['value'] = 'old'));
      const { status } = await act((session) => void (session['value'] = value));

      expect(status).toBe(500);
      expect(log.recent('error').join()).toContain(message);
      expect(await fields()).toEqual({ value: 'old' });
    });
  });

  describe('a value that JSON would damage, in strict mode', () => {
    const scene = setScene(platform, { session: { data: { values: 'strict' } } });
    const { act, fields } = scene;

    test.each<[string, unknown, string]>([
      ['a Date', new Date(), 'session.value cannot be stored without damage'],
      ['a Map', { map: new Map() }, 'session.value.map'],
      ['a Set', [new Set()], 'session.value[0]'],
      ['a BigInt', 1n, 'BigInt'],
      ['a function', () => 1, 'a function'],
      ['a symbol', Symbol('x'), 'a symbol'],
      ['NaN', { a: { b: NaN } }, 'session.value.a.b'],
      ['Infinity', Infinity, 'Infinity'],
      ['undefined in an array', [undefined], 'session.value[0]'],
      ['a hole in an array', Array(1), 'session.value[0]'],
      ['a cycle', cycle, 'contains itself'],
      ['an instance of a class', new (class Cart {})(), 'a Cart'],
    ])(
      '%s is answered with 500, the old data stay, and the log has the path of the value',
      async (...row) => {
        const [, value, message] = row;
        await act((session) => void Object.assign(session, { value: 'old', other: 'old' }));
        log.turnPage();

        const { status, text } = await act((session) => void Object.assign(session, { other: 'new', value }));

        expect(status).toBe(500);
        expect(text).not.toContain('session.value');
        expect(log.recent('error').join()).toContain(message);
        expect(await fields()).toEqual({ value: 'old', other: 'old' });
      },
    );

    test('save() rejects a value that JSON would damage, so the handler can respond', async () => {
      await act((session) => void (session['value'] = 'old'));
      const { body, status } = await act(async (session) => {
        session['value'] = new Date();
        const message = await session.save().then(
          () => 'saved',
          (error: Error) => error.message,
        );
        session['value'] = 'new';
        return { message };
      });

      expect(status).toBe(200);
      expect(body).toEqual({ message: expect.stringContaining('received a Date') as string });
      expect(await fields()).toEqual({ value: 'new' });
    });
  });
});
