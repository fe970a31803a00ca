import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { Fields } from '../support/stage.js';

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { act, fields } = scene;

  describe('a value that JSON would damage', () => {
    const cycle: Fields = {};
    cycle['self'] = cycle;

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
      '%s is answered with 500, nothing is stored, the old data stays, and the log says where it is',
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

    test('makes save() reject, so that the handler can do something about it', async () => {
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
