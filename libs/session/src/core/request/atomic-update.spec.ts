import type { SessionContext } from './session-context.js';
import { jest } from '@jest/globals';
import { dataOf, memoryApplication } from '../../../../../test/support/session-runtime.js';
import { SessionConflictError, SessionDataError, SessionValueError } from '../errors/errors.js';
import type { FieldRules } from '../fields/field-codec.js';
import type { SessionRecord } from '../store/store.js';
import { sessionIdOf } from '../record/token.js';

const AT_MOST_TEN: FieldRules = {
  unknown: 'keep',
  knows: () => true,
  prune: (_name, value) => value,
  checkWrite: (values) =>
    Promise.resolve(
      [...values]
        .filter(([, value]) => (value as number) > 10)
        .map(([field]) => ({ field, expected: ['at most 10'] })),
    ),
  checkRead: (session) => {
    const broken = [...session].filter(([, value]) => (value as number) > 10);
    return new Map(broken.map(([field]) => [field, { field, expected: ['at most 10'] }]));
  },
};

async function visitor(data: Record<string, unknown> = { cart: [1] }, settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await stage.app.clientThat((session) => Object.assign(session, data));
  const id = sessionIdOf(cookie);
  const stored = async () => Object.fromEntries((await stage.store.load(id))?.fields ?? []);
  return { ...stage, cookie, id, stored, context: await stage.app.request(cookie) };
}

describe('an unusable stored value', () => {
  it.each([
    [
      'update',
      (context: SessionContext) => context.update('visits', (value) => (value === undefined ? 1 : 2)),
      1,
    ],
    ['increment', (context: SessionContext) => context.increment('visits', 5), 5],
  ])('treats an unusable stored value as absent in %s()', async (_method, change, expected) => {
    for (const [text, settings] of [
      ['99', { rules: AT_MOST_TEN }],
      ['{"half":', {}],
    ] as const) {
      const { app, cookie, store, stored } = await visitor({ visits: 1 }, settings);
      const record = (await store.load(sessionIdOf(cookie))) as SessionRecord;
      await store.commit(record, { set: new Map([['visits', text]]), remove: [] });
      const context = await app.request(cookie);
      expect(await change(context)).toBe(expected);
      expect((await stored())['visits']).toBe(String(expected));
      expect(await app.events('invalid-data')).toMatchObject([{ field: 'visits' }]);
    }
  });

  it('treats an unusable value that another request wrote as absent in update()', async () => {
    const { app, cookie, store, stored } = await visitor({ visits: 1 }, { rules: AT_MOST_TEN });
    const context = await app.request(cookie);
    const seen: unknown[] = [];
    await context.update('visits', async (value) => {
      seen.push(value);
      if (seen.length === 1) {
        const record = (await store.load(sessionIdOf(cookie))) as SessionRecord;
        await store.commit(record, { set: new Map([['visits', '99']]), remove: [] });
      }
      return 3;
    });
    expect(seen).toEqual([1, undefined]);
    expect((await stored())['visits']).toBe('3');
  });
});

describe('a session that ended during the request', () => {
  it.each<[string, (context: SessionContext) => Promise<unknown>]>([
    ['increment', (context) => context.increment('visits', 1)],
    ['update', (context) => context.update('cart', () => [2])],
  ])('%s() rejects with the end reason, although nothing else was to be saved', async (_method, change) => {
    const { context, id, store } = await visitor();
    await store.destroy(id, { reason: 'revoked' });
    await expect(change(context)).rejects.toMatchObject({ end: { reason: 'revoked' } });
    expect(context.record).toBeNull();
    expect(store.size).toBe(0);
  });
});

describe('increment()', () => {
  it('increment() stores the sum at once and returns it', async () => {
    const { context, stored } = await visitor();
    expect(await context.increment('visits', 1)).toBe(1);
    expect(await context.increment('visits', 41)).toBe(42);
    expect((await stored())['visits']).toBe('42');
    expect(dataOf(context)['visits']).toBe(42);
    expect(context.isIdle).toBe(true);
  });

  it('increment() loses no addition of concurrent requests', async () => {
    const { app, cookie, stored } = await visitor();
    const contexts = await Promise.all(Array.from({ length: 100 }, () => app.request(cookie)));
    await Promise.all(contexts.map((context) => context.increment('visits', 1)));
    expect((await stored())['visits']).toBe('100');
  });

  it('increment() creates a session if there is none', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    expect(await context.increment('visits', 2)).toBe(2);
    expect(await context.increment('visits', 2)).toBe(4);
    expect(store.size).toBe(1);
  });

  it('increment() first saves the other changes', async () => {
    const { context, stored } = await visitor();
    dataOf(context)['visits'] = 5;
    dataOf(context)['cart'] = [2];
    expect(await context.increment('visits', 1)).toBe(6);
    expect(await stored()).toEqual({ cart: '[2]', visits: '6' });
  });

  it.each([
    ['a text', '5'],
    ['a fraction', 1.5],
    ['a list', [1]],
    ['null', null],
    ['the last number', Number.MAX_SAFE_INTEGER],
  ])('increment() rejects a field that holds %s, and keeps it', async (_what, value) => {
    const anything = { checkWrite: () => Promise.resolve([]), checkRead: () => new Map() };
    for (const settings of [{}, { rules: { ...AT_MOST_TEN, ...anything } }]) {
      const { context, stored } = await visitor({ visits: value }, settings);
      await expect(context.increment('visits', 1)).rejects.toThrow(SessionValueError);
      await expect(context.increment('visits', 1)).rejects.toThrow('Use session.update() for anything else.');
      expect((await stored())['visits']).toBe(JSON.stringify(value));
    }
  });

  it.each([1.5, NaN, Infinity, '1'])('increment() rejects the number %p', async (by) => {
    const { context } = await visitor();
    await expect(context.increment('visits', by as number)).rejects.toThrow(
      `expects a whole number, received ${by}.`,
    );
  });

  it('increment() rejects a sum that breaks a rule, before anything is stored', async () => {
    const { context, stored } = await visitor({ visits: 10 }, { rules: AT_MOST_TEN });
    await expect(context.increment('visits', 1)).rejects.toThrow(SessionDataError);
    expect((await stored())['visits']).toBe('10');
    expect(await context.increment('visits', -1)).toBe(9);
  });

  it.each(['id', 'save', '__proto__', 'half\ud83d'])('rejects a reserved field name: %s', async (field) => {
    const { context } = await visitor();
    await expect(context.increment(field, 1)).rejects.toThrow(SessionValueError);
    await expect(context.update(field, () => 1)).rejects.toThrow(SessionValueError);
  });
});

describe('update()', () => {
  it('update() stores the value at once and returns it', async () => {
    const { context, stored } = await visitor();
    expect(await context.update('cart', (cart) => [...(cart as number[]), 2])).toEqual([1, 2]);
    expect(dataOf(context)['cart']).toEqual([1, 2]);
    expect(await stored()).toEqual({ cart: '[1,2]' });
    expect(context.isIdle).toBe(true);
  });

  it('update() accepts an asynchronous function, adds a field and removes one', async () => {
    const { context, stored } = await visitor();
    expect(await context.update('added', (value) => Promise.resolve(value ?? 'new'))).toBe('new');
    expect(await context.update('cart', () => undefined)).toBeUndefined();
    expect(await stored()).toEqual({ added: '"new"' });
    expect(Object.keys(dataOf(context))).toEqual(['added']);
    expect(context.isIdle).toBe(true);
  });

  it('update() runs its function again if another request was faster, and loses no change', async () => {
    const { app, cookie, stored } = await visitor({ log: [] });
    const contexts = await Promise.all(Array.from({ length: 6 }, () => app.request(cookie)));
    let runs = 0;
    await Promise.all(
      contexts.map((context, index) =>
        context.update('log', (log) => {
          runs++;
          return [...(log as number[]), index];
        }),
      ),
    );
    const log = JSON.parse((await stored())['log'] as string) as number[];
    expect(log.sort((one, other) => one - other)).toEqual(contexts.map((_, index) => index));
    expect(runs).toBeGreaterThan(6);
  });

  it('update() gives up if other requests keep changing the field, and reads their value', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const { app, cookie, context, stored } = await visitor({ seat: 0 });
    const other = await app.request(cookie);
    const update = context.update('seat', async () => {
      await other.increment('seat', 1);
      return -1;
    });
    await expect(update).rejects.toThrow(SessionConflictError);
    expect(dataOf(context)['seat']).toBe(Number((await stored())['seat']));
    expect(context.isIdle).toBe(true);
    jest.restoreAllMocks();
  });

  it('update() stores nothing if the function fails', async () => {
    const { context, stored } = await visitor();
    await expect(context.update('cart', () => Promise.reject(new Error('sold out')))).rejects.toThrow(
      'sold out',
    );
    expect(await stored()).toEqual({ cart: '[1]' });
    expect(dataOf(context)['cart']).toEqual([1]);
  });

  it('update() rejects a value that JSON would damage or that breaks the rules', async () => {
    const { context, stored } = await visitor({ visits: 1 }, { rules: AT_MOST_TEN });
    await expect(context.update('visits', () => 1n)).rejects.toThrow(SessionValueError);
    await expect(context.update('visits', () => 11)).rejects.toThrow(SessionDataError);
    expect(await stored()).toEqual({ visits: '1' });
  });

  it('update() creates a session if there is none, unless the function returns undefined', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    expect(await context.update('cart', (cart) => cart)).toBeUndefined();
    expect(store.size).toBe(0);
    expect(await context.update('cart', (cart) => cart ?? [1])).toEqual([1]);
    expect(store.size).toBe(1);
  });

  it('a field that update() removed can be written again', async () => {
    const { context, stored } = await visitor();
    await context.update('cart', () => undefined);
    dataOf(context)['cart'] = [7];
    await context.finish();
    expect(await stored()).toEqual({ cart: '[7]' });
  });

  it('update() passes undefined for a name that objects inherit', async () => {
    const { context } = await visitor();
    expect(await context.update('toString', (value) => value ?? 'mine')).toBe('mine');
    const { app } = memoryApplication();
    expect(await (await app.request(null)).update('toString', (value) => value ?? 'mine')).toBe('mine');
  });
});
