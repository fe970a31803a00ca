import { Type } from 'class-transformer';
import { ArrayMaxSize, IsIn, IsInt, IsString, Min, ValidateNested } from 'class-validator';
import { redis, startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { type Act, Stage, staged } from '../support/stage.js';

class Item {
  @IsString()
  name!: string;

  @IsInt()
  @Min(1)
  count!: number;
}

class ShopData {
  @IsInt()
  @Min(0)
  visits?: number;

  @IsIn(['light', 'dark'])
  theme?: string;

  @ArrayMaxSize(2)
  @ValidateNested({ each: true })
  @Type(() => Item)
  cart?: Item[];
}

onEachPlatform((platform) => {
  const stage = new Stage();
  let app: TestApp;
  let browser: Client;

  beforeAll(async () => {
    app = await startApp(platform, { ...staged(stage), session: { data: { class: ShopData } } });
  });
  beforeEach(() => {
    browser = app.client();
    app.events.length = 0;
  });

  const act = (handler: Act, client = browser) => {
    stage.on('act', handler);
    return client.post('/stage/act');
  };
  const assign = (values: object) => act((session) => void Object.assign(session, values));
  const fields = async () => (await act((session) => ({ ...session }))).body;
  /** Writes fields to the stored session of the browser, bypassing the application, and returns its id. */
  const plant = async (planted: Record<string, string>) => {
    const { body } = await act((session) => ((session['theme'] = 'dark'), { id: session.id }));
    const { id } = body as { id: string };
    const hash = Object.fromEntries(Object.entries(planted).map(([name, text]) => [`.${name}`, text]));
    await redis().hset(app.keyOf(id), hash);
    return id;
  };

  describe('a write that breaks the rules of the data class', () => {
    test.each<[string, object, object[]]>([
      [
        'a wrong type',
        { visits: 'two' },
        [{ field: 'visits', expected: expect.arrayContaining([expect.any(String)]) as string[] }],
      ],
      ['a wrong value', { visits: -1 }, [{ field: 'visits', expected: ['visits must not be less than 0'] }]],
      [
        'one wrong value among others',
        { theme: 'dark', visits: -1 },
        [{ field: 'visits', expected: ['visits must not be less than 0'] }],
      ],
      [
        'a wrong nested value',
        { cart: [{ name: 'book', count: 0 }] },
        [{ field: 'cart', expected: ['count must not be less than 1'] }],
      ],
      ['null', { visits: null }, [{ field: 'visits', expected: expect.any(Array) as string[] }]],
    ])(
      'a write with %s is answered with 400 and the broken rules, and nothing is stored',
      async (_what, values, problems) => {
        const before = await app.keys();
        const { status, body, setCookies } = await assign(values);

        expect(status).toBe(400);
        expect(body).toEqual({
          statusCode: 400,
          message: expect.stringMatching(/^The session was not saved: /) as string,
          error: 'Bad Request',
          code: 'SESSION_DATA_INVALID',
          problems,
        });
        expect(setCookies).toEqual([]);
        expect(await app.keys()).toEqual(before);
      },
    );

    test('a rejected write leaves the stored session unchanged, including other fields of the request', async () => {
      await assign({ visits: 1, theme: 'dark' });
      expect((await assign({ visits: -1, theme: 'light', other: true })).status).toBe(400);

      expect(await fields()).toEqual({ visits: 1, theme: 'dark' });
    });

    test('save() rejects an invalid write, and the request can continue with a valid one', async () => {
      const { status, body } = await act(async (session) => {
        session['visits'] = -1;
        const error = await session.save().catch((reason: Error) => reason);
        session['visits'] = 2;
        return { name: (error as Error).name };
      });

      expect({ status, body }).toEqual({ status: 200, body: { name: 'SessionDataError' } });
      expect(await fields()).toEqual({ visits: 2 });
    });

    test('a rejected write that the handler has caught is not answered with 400 again', async () => {
      const { status } = await act(async (session) => {
        session['visits'] = -1;
        await session.save().catch(() => undefined);
      });

      expect(status).toBe(200);
      expect(await fields()).toEqual({});
    });

    test('an invalid write prevents a sign-in in the same request', async () => {
      const { status } = await act(async (session, request) => {
        session['visits'] = -1;
        await app.sessions.signIn(request, { id: 'alice' });
      });

      expect(status).toBe(400);
      expect(browser.cookie).toBeNull();
      expect(await app.sessions.count('alice')).toBe(0);
    });

    test('an invalid write after the head has left is logged, since the response can no longer report it', async () => {
      await assign({ visits: 1 });
      stage.onRaw('late', (response, { session }) => {
        response.write('first');
        session['visits'] = -1;
        response.end();
      });
      const exchange = await RawExchange.send(app.port, 'GET /raw/late', `Cookie: ${browser.cookie ?? ''}`);
      await exchange.end();

      expect(log.recent('error')).toEqual([expect.stringContaining('visits must not be less than 0')]);
      expect(await fields()).toEqual({ visits: 1 });
    });
  });

  test('fields that the class does not name are stored unchecked', async () => {
    await assign({ visits: 1, colour: { any: ['thing'] } });

    expect(await fields()).toEqual({ visits: 1, colour: { any: ['thing'] } });
  });

  test('a change in place is checked as well', async () => {
    await assign({ cart: [{ name: 'book', count: 1 }] });
    const { status } = await act((session) => {
      (session['cart'] as Item[])[0]!.count = 0;
    });

    expect(status).toBe(400);
    expect(await fields()).toEqual({ cart: [{ name: 'book', count: 1 }] });
  });

  describe('unusable stored fields', () => {
    test.each<[string, string]>([
      ['breaks the rules', '-5'],
      ['breaks the rules in a nested value', '"many"'],
      ['is not JSON', '{"half":'],
      ['is empty', ''],
      ['holds a key that could reach a prototype', '{"__proto__":{"a":1}}'],
    ])(
      'a stored field that %s is omitted, with one event and one warning, without a 500',
      async (_why, text) => {
        const id = await plant({ visits: text });
        const { status, body } = await act((session) => ({
          visits: session['visits'] ?? null,
          again: session['visits'] ?? null,
          theme: session['theme'],
        }));

        expect({ status, body }).toEqual({ status: 200, body: { visits: null, again: null, theme: 'dark' } });
        expect(await app.eventsOf('invalid-data')).toMatchObject([{ sessionId: id, field: 'visits' }]);
        expect(log.recent('warn')).toEqual([
          expect.stringContaining(`Session ${id}: the stored field "visits" was ignored`),
        ]);
      },
    );

    test('an unusable stored field that is not read is neither reported nor removed', async () => {
      const id = await plant({ visits: '-5' });
      await act((session) => session['theme']);

      expect(await app.eventsOf('invalid-data')).toEqual([]);
      expect((await app.stored(id))['.visits']).toBe('-5');
    });

    test('an unusable stored field survives a request that reads it, for a version that supports the field', async () => {
      const id = await plant({ visits: '"of the next version"' });
      await act((session) => {
        void session['visits'];
        session['theme'] = 'light';
      });

      expect(await app.stored(id)).toMatchObject({ '.visits': '"of the next version"', '.theme': '"light"' });
    });

    test('a write replaces an unusable stored field', async () => {
      await plant({ visits: '{"half":' });
      await act((session) => void (session['visits'] = ((session['visits'] as number | undefined) ?? 0) + 1));

      expect(await fields()).toEqual({ visits: 1, theme: 'dark' });
    });

    test('a large or deeply nested stored field does not affect a request that does not read it', async () => {
      await plant({ big: JSON.stringify('x'.repeat(10_000)), deep: '['.repeat(50_000) });

      expect(await act((session) => session['theme'])).toMatchObject({ status: 200, text: 'dark' });
      expect((await act((session) => Object.keys({ ...session }))).status).toBe(200);
    });
  });
});
