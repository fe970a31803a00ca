import { setTimeout as wait } from 'node:timers/promises';
import { memoryApplication } from '../../../../../test/support/session-runtime.js';
import { SessionUsageError } from '../errors/errors.js';

async function sessionWith(data: Record<string, unknown> = {}) {
  const stage = memoryApplication();
  const context = await stage.app.request(null);
  Object.assign(context.session, data);
  return { ...stage, context, session: context.session };
}

/** Returns the arguments with which an operation calls its callback. */
function called(operation: (callback: (error?: unknown) => void) => void): Promise<unknown[]> {
  return new Promise((resolve) => operation((...args) => resolve(args)));
}

/** Returns the errors of a call, first by promise, then by callback. */
async function refusalsOf(call: (callback?: (error?: unknown) => void) => unknown): Promise<unknown[]> {
  const byCallback = new Promise((resolve) => {
    void call(resolve);
  });
  return [await Promise.resolve(call()).catch((error: unknown) => error), await byCallback];
}

describe('a call with invalid arguments', () => {
  const BAD = [null, 'x', 5, true, [], {}, Symbol('s')] as const;
  const CALLS = (['save', 'touch', 'reload', 'destroy'] as const).flatMap((name) =>
    BAD.map((bad) => [name, bad] as const),
  );

  it.each([
    ...CALLS,
    ...[
      ...[null, 'x', 5, [1], ['cart', null]],
      ...[{ keep: ['cart'] }, { keepData: 'yes' }, { keepData: true, other: true }, { other: true }],
    ].map((bad) => ['regenerate', bad] as const),
  ])('rejects a call with an invalid argument, by promise and by callback: %s(%p)', async (name, bad) => {
    const { session, context } = await sessionWith({ cart: [1] });
    const method = session[name].bind(session) as (...args: unknown[]) => unknown;
    const errors = await refusalsOf((callback) => (callback ? method(bad, callback) : method(bad)));
    for (const error of errors) {
      expect(error).toBeInstanceOf(SessionUsageError);
      expect((error as Error).message).toMatch(
        new RegExp(`^session\\.${name}\\(\\) expects nothing.* but received `),
      );
    }
    expect(context.session).toBe(session);
    expect(context.record).toBeNull();
  });

  it.each<[string, unknown[]]>([
    ['increment', []],
    ['increment', [null]],
    ['increment', ['visits', 1, 'more']],
    ['update', ['cart']],
    ['update', ['cart', { replaced: true }]],
    ['update', [5, () => 1]],
    ['update', ['cart', () => 1, 'more']],
  ])('rejects a call with missing or extra arguments: %s(%j)', async (name, args) => {
    const { session } = await sessionWith();
    const method = session[name as 'update'].bind(session) as unknown as (
      ...args: unknown[]
    ) => Promise<unknown>;
    await expect(method(...args)).rejects.toThrow(
      new RegExp(`^session\\.${name}\\(\\) expects the name of a field`),
    );
    expect(Object.keys(session)).toEqual([]);
  });

  it.each([
    [[{ keepData: true }, 'more']],
    [[{}, undefined, 'more']],
    [[['cart'], undefined, 'more']],
    [[() => undefined, () => undefined]],
  ])('rejects a call with extra arguments: regenerate(%j)', async (args) => {
    const { session, context } = await sessionWith({ cart: [1] });
    const regenerate = session.regenerate.bind(session) as (...args: unknown[]) => Promise<void>;
    await expect(regenerate(...args)).rejects.toThrow(SessionUsageError);
    expect(context.session).toBe(session);
  });

  it('names the kinds of all arguments in the message, and none of their content', async () => {
    const { session } = await sessionWith();
    const save: (...args: unknown[]) => unknown = session.save.bind(session);
    await expect(save('secret', 5, null, undefined, ['secret'], { secret: 1 }, true)).rejects.toThrow(
      /received a string, a number, null, undefined, an array, an object, a boolean\.$/,
    );
    expect(() => session.get(5 as unknown as string)).toThrow(/^session\.get\(\) .* received a number\.$/);
    expect(() => session.set(5 as unknown as string, 1)).toThrow(/^session\.set\(\) .* received a number\.$/);
    expect(() => session.options('secret' as unknown as object)).toThrow(/received a string\.$/);
    const update = session.update.bind(session) as (...args: unknown[]) => Promise<unknown>;
    await expect(update('secret', 1, {})).rejects.toThrow(/received a string, a number, an object\.$/);
  });

  it('leaves no rejection unhandled if there is no callback', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const { session } = await sessionWith();
    await (session.save as (bad: unknown) => Promise<void>).call(session, 5).catch(() => undefined);
    await wait(5);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it.each<[string, unknown[]]>([
    ['increment', ['visits', 1]],
    ['increment', ['visits']],
    ['update', ['cart', () => 1]],
  ])('passes the error to a callback that the method does not support: %s', async (name, args) => {
    const { session } = await sessionWith();
    const method = session[name as 'update'].bind(session) as (...args: unknown[]) => Promise<unknown>;
    expect(await called((callback) => void method(...args, callback).catch(() => undefined))).toEqual([
      expect.any(SessionUsageError),
    ]);
  });
});

describe('a call with valid arguments', () => {
  it('increment() and update() of a session object change a field and return its value', async () => {
    const { session, context, store } = await sessionWith({ visits: 1 });
    expect(await session.increment('visits')).toBe(2);
    expect(await session.increment('visits', 5)).toBe(7);
    expect(await session.update('visits', (visits) => Number(visits) * 2)).toBe(14);
    expect((await store.load(context.record!.id))?.fields).toEqual(new Map([['visits', '14']]));
  });

  it.each<[string, unknown[], string[]]>([
    ['no argument', [], ['cart', 'theme']],
    ['undefined', [undefined], ['cart', 'theme']],
    ['no option', [{}], ['cart', 'theme']],
    ['an option that is undefined', [{ keepData: undefined }], ['cart', 'theme']],
    ['keepData: true', [{ keepData: true }], ['cart', 'theme']],
    ['keepData: false', [{ keepData: false }], []],
    ['names of fields', [['cart']], ['cart']],
  ])('regenerate() with %s keeps the right fields in the store', async (_what, args, kept) => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((session) => Object.assign(session, { cart: [1], theme: 'dark' }));
    const context = await app.request(cookie);
    await (context.session.regenerate as (...args: unknown[]) => Promise<void>)(...args);
    await context.finish();
    expect(Object.keys(context.session)).toEqual(kept);
    const stored = context.record && (await store.load(context.record.id));
    expect([...(stored?.fields.keys() ?? [])]).toEqual(kept);
  });

  it.each(['save', 'regenerate'] as const)(
    '%s() accepts undefined after and before its callback',
    async (name) => {
      const { session, context } = await sessionWith({ cart: [1] });
      const call = (...args: unknown[]) => (session[name] as (...args: unknown[]) => void)(...args);
      expect(await called((callback) => call(callback, undefined, undefined))).toEqual([]);
      if (name === 'save') return;
      const next = context.session.regenerate.bind(context.session) as (...args: unknown[]) => void;
      expect(await called((callback) => next(undefined, callback))).toEqual([]);
    },
  );
});
