import { Type } from 'class-transformer';
import {
  Allow,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { redis, startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { type Act, Stage, staged } from '../support/stage.js';
import type { UnknownFields } from 'nestjs-redis-session';

class Item {
  @IsString()
  sku!: string;
}

class Order {
  @IsIn(['cash', 'card'])
  kind?: string;

  @ValidateIf(({ kind }: Order) => kind === 'card')
  @MaxLength(4)
  card?: string;

  @ValidateNested({ each: true })
  @Type(() => Item)
  items?: Item[];

  @IsOptional()
  @IsInt()
  visits?: number;

  @ValidateIf(({ shout }: Order) => shout?.toUpperCase() !== '')
  @IsString()
  shout?: string;

  @Allow()
  anything?: unknown;
}

const ITEMS = [{ sku: 'kite', price: 5 }, { sku: 'ball' }];
const PLAIN_ITEMS = [{ sku: 'kite' }, { sku: 'ball' }];

onEachPlatform((platform) => {
  const stage = new Stage();
  const apps = new Map<UnknownFields, TestApp>();
  beforeAll(async () => {
    for (const unknownFields of ['keep', 'ignore', 'refuse'] as const) {
      apps.set(
        unknownFields,
        await startApp(platform, { ...staged(stage), session: { data: { class: Order, unknownFields } } }),
      );
    }
  });

  /** Returns a browser of the application in one of the modes. */
  function visit(mode: UnknownFields) {
    const app = apps.get(mode) as TestApp;
    app.events.length = 0;
    const browser: Client = app.client();
    const act = (handler: Act) => {
      stage.on('act', handler);
      return browser.post('/stage/act');
    };
    const assign = (values: object) => act((session) => void Object.assign(session, values));
    const fields = async () => (await act((session) => ({ ...session }))).body;
    /** Writes fields to the stored session, bypassing the application, and returns its id. */
    const plant = async (planted: Record<string, unknown>) => {
      const { body } = await act((session) => {
        session['anything'] = 1;
        return { id: session.id };
      });
      const { id } = body as { id: string };
      const entries = Object.entries(planted).map(([name, value]) => [`.${name}`, JSON.stringify(value)]);
      await redis().hset(app.keyOf(id), Object.fromEntries(entries) as Record<string, string>);
      return id;
    };
    return { app, act, assign, fields, plant };
  }

  describe('a rule with a condition', () => {
    test('a rule with a condition sees the whole session with the changes of the request', async () => {
      const { assign, fields } = visit('keep');
      await assign({ kind: 'card', card: '1234' });

      expect(await assign({ card: '12345' })).toMatchObject({
        status: 400,
        body: { problems: [{ field: 'card' }] },
      });
      expect(await fields()).toEqual({ kind: 'card', card: '1234' });
    });

    test('a rule with a condition rejects a change that makes another field invalid or removes the condition', async () => {
      const { assign, act, fields } = visit('keep');
      await assign({ kind: 'cash', card: '12345' });

      expect(await assign({ kind: 'card' })).toMatchObject({
        status: 400,
        body: { problems: [{ field: 'card' }] },
      });
      expect((await act((session) => void delete session['kind'])).status).toBe(200);
      expect(await fields()).toEqual({ card: '12345' });
    });

    test('a rule with a condition sees the whole session when a stored field is read', async () => {
      const { plant, act } = visit('keep');
      await plant({ kind: 'card', card: '12345' });

      expect((await act((session) => ({ card: session['card'] ?? null }))).body).toEqual({ card: null });
    });
  });

  test('a field with rules for each element accepts arrays only', async () => {
    const { assign, fields } = visit('keep');

    expect((await assign({ items: PLAIN_ITEMS })).status).toBe(200);
    expect(await assign({ items: { sku: 'kite' } })).toMatchObject({
      status: 400,
      body: { problems: [{ field: 'items', expected: ['items must be an array'] }] },
    });
    expect(await fields()).toEqual({ items: PLAIN_ITEMS });
  });

  test('the rules apply to a value in its stored form', async () => {
    const { assign, fields } = visit('keep');
    const shout = { toJSON: () => 'stored' };

    expect((await assign({ shout })).status).toBe(200);
    expect(await fields()).toEqual({ shout: 'stored' });
    expect((await assign({ visits: new Date(0) })).status).toBe(400);
  });

  describe('a stored value that a rule throws at or rejects', () => {
    test('an unusable stored value counts as absent for reads, update() and increment(), without an error', async () => {
      const { plant, act, app } = visit('keep');
      const id = await plant({ shout: 5, visits: 'many' });

      expect((await act((session) => ({ ...session }))).body).toEqual({ anything: 1 });
      expect((await act((session) => void (session['anything'] = 2))).status).toBe(200);
      const seen = await act(async (session) => {
        const before: unknown[] = [];
        await session.update('shout', (value: unknown) => (before.push(value ?? null), 'hey'));
        return { before, visits: await session.increment('visits' as never) };
      });
      expect(seen).toMatchObject({ status: 200, body: { before: [null], visits: 1 } });
      expect(await app.stored(id)).toMatchObject({ '.shout': '"hey"', '.visits': '1' });
      expect(new Set((await app.eventsOf('invalid-data')).map(({ field }) => field))).toEqual(
        new Set(['shout', 'visits']),
      );
    });
  });

  describe('fields that the class does not name', () => {
    test('unknown fields are kept by default', async () => {
      const { assign, fields } = visit('keep');
      await assign({ other: 1, items: ITEMS });

      expect(await fields()).toEqual({ other: 1, items: ITEMS });
    });

    test("unknown fields are neither written nor read with 'ignore'", async () => {
      const { assign, act, fields, app } = visit('ignore');
      await assign({ other: 1, items: ITEMS, anything: { else: 1 } });

      expect(await fields()).toEqual({ items: PLAIN_ITEMS, anything: { else: 1 } });
      expect(
        (await act(async (session) => ({ other: await session.update('other', () => 2) }))).body,
      ).toEqual({
        other: 2,
      });
      expect(await fields()).not.toHaveProperty('other');
      expect(await app.eventsOf('invalid-data')).toEqual([]);
    });

    test("unknown fields stay in Redis with 'ignore', and reading other fields writes nothing", async () => {
      const { plant, act, fields, app } = visit('ignore');
      const id = await plant({ other: 1, items: ITEMS });

      expect(await fields()).toEqual({ items: PLAIN_ITEMS, anything: 1 });
      expect(await app.stored(id)).toMatchObject({ '.other': '1', '.items': JSON.stringify(ITEMS) });
      await act((session) => void (session['items'] as Item[]).push({ sku: 'boat' }));
      expect(await app.stored(id)).toMatchObject({
        '.other': '1',
        '.items': JSON.stringify([...PLAIN_ITEMS, { sku: 'boat' }]),
      });
    });

    test.each<[string, object, object]>([
      ['a field', { other: 1 }, { field: 'other', expected: ['property other should not exist'] }],
      ['a member', { items: ITEMS }, { field: 'items', expected: ['property price should not exist'] }],
    ])("a write of unknown fields is rejected with 'refuse': %s", async (_what, values, problem) => {
      const { assign, fields } = visit('refuse');
      await assign({ anything: 1 });

      expect(await assign(values)).toMatchObject({ status: 400, body: { problems: [problem] } });
      expect(await fields()).toEqual({ anything: 1 });
    });

    test("stored unknown fields are omitted with 'refuse', and an event is emitted", async () => {
      const { plant, fields, app } = visit('refuse');
      await plant({ other: 1, items: ITEMS });

      expect(await fields()).toEqual({ anything: 1 });
      expect((await app.eventsOf('invalid-data')).map(({ field }) => field).sort()).toEqual([
        'items',
        'other',
      ]);
    });
  });
});
