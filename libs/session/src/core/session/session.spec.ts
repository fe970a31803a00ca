import { changeAfter, dataOf, memoryApplication } from '../../../../../test/support/session-runtime.js';
import { SessionUsageError, SessionValueError } from '../errors/errors.js';
import { METHOD_NAMES, PROTOTYPE_NAMES } from '../fields/field-names.js';
import { SessionObject } from './session.js';

const RESERVED = [...METHOD_NAMES, ...PROTOTYPE_NAMES];
/** The cookie has a sentence of its own. */
const NOT_SET = RESERVED.filter((name) => name !== 'cookie');

async function sessionWith(data: Record<string, unknown> = {}) {
  const stage = memoryApplication();
  const context = await stage.app.request(null);
  Object.assign(context.session, data);
  return { ...stage, context, session: context.session };
}

/** What an operation in callback form calls back with. */
function called(operation: (callback: (error?: unknown) => void) => void): Promise<unknown[]> {
  return new Promise((resolve) => operation((...args) => resolve(args)));
}

describe('a session object', () => {
  it('has the fields of the application for properties, and nothing else', async () => {
    const { session } = await sessionWith({ cart: [1], theme: 'dark' });
    expect(Object.keys(session)).toEqual(['cart', 'theme']);
    expect(Reflect.ownKeys(session)).toEqual(['cart', 'theme']);
    expect(JSON.stringify(session)).toBe('{"cart":[1],"theme":"dark"}');
    expect({ ...session }).toEqual({ cart: [1], theme: 'dark' });
  });

  it('shows a loop over its properties no more than that, as middleware that copies sessions wants it', async () => {
    const { session } = await sessionWith({ cart: [1] });
    const names: string[] = [];
    for (const name in session) names.push(name);
    expect(names).toEqual(['cart']);
  });

  it('has its methods and its id all the same', async () => {
    const { session, context } = await sessionWith();
    for (const name of METHOD_NAMES) expect(name in session).toBe(true);
    expect(session.id).toBe(context.id);
    expect(session.id).toMatch(/^[\w-]{25}$/);
    expect(typeof session.save).toBe('function');
  });

  it.each(NOT_SET)('does not let %s be overwritten, and says why', async (name) => {
    const { session } = await sessionWith();
    const before = (session as unknown as Record<string, unknown>)[name];
    const write = () => ((session as unknown as Record<string, unknown>)[name] = { polluted: true });
    expect(write).toThrow(SessionValueError);
    expect(write).toThrow(
      `session.${name} cannot be set: the name is reserved. Reserved are id, regenerate,`,
    );
    expect(write).toThrow('Store the value under another name.');
    expect(() => Object.assign(session, { [name]: 1 })).toThrow(SessionValueError);
    expect((session as unknown as Record<string, unknown>)[name]).toBe(before);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each(RESERVED)('does not store what is defined as %s behind its back', async (name) => {
    const { session, context, store } = await sessionWith();
    Object.defineProperty(session, name, { value: 1, enumerable: true, configurable: true });
    await expect(context.save()).rejects.toThrow(`session.${name} cannot be set: the name is reserved.`);
    expect(store.size).toBe(0);
  });

  it('does not let its methods be changed for others', () => {
    expect(Object.isFrozen(SessionObject.prototype)).toBe(true);
    expect(() => Object.defineProperty(SessionObject.prototype, 'save', { value: 1 })).toThrow(TypeError);
  });

  it('leads to no prototype', async () => {
    const { session } = await sessionWith();
    const { __proto__: prototype } = session as unknown as { __proto__: unknown };
    expect(prototype).toBeUndefined();
    expect(Object.getPrototypeOf(session)).toBe(SessionObject.prototype);
  });

  it('tells nobody of its inside', async () => {
    const { session, context } = await sessionWith();
    expect(SessionObject.operationsOf(session)).toBe(context);
    expect(SessionObject.operationsOf({})).toBeNull();
    expect(SessionObject.operationsOf(Object.create(session) as object)).toBeNull();
  });
});

describe('the methods of a session', () => {
  it.each(['save', 'touch', 'reload', 'destroy', 'regenerate'] as const)(
    'give a promise: %s',
    async (method) => {
      const { session } = await sessionWith({ cart: [1] });
      await expect(session[method]()).resolves.toBeUndefined();
    },
  );

  it.each(['save', 'touch', 'reload', 'destroy', 'regenerate'] as const)(
    'or call back, without an error: %s',
    async (method) => {
      const { session } = await sessionWith({ cart: [1] });
      expect(await called((callback) => expect(session[method](callback)).toBeUndefined())).toEqual([]);
    },
  );

  it('reject, or call back with the error', async () => {
    const { session } = await sessionWith({ cart: [1n] });
    await expect(session.save()).rejects.toThrow(SessionValueError);
    expect(await called((callback) => session.save(callback))).toEqual([expect.any(SessionValueError)]);
  });

  it('regenerate with the data, or without', async () => {
    const { session, context } = await sessionWith({ cart: [1] });
    const ids = [session.id];
    await session.regenerate();
    ids.push(session.id);
    expect(dataOf(context)['cart']).toEqual([1]);
    await session.regenerate({ keepData: false });
    ids.push(session.id);
    expect(Object.keys(session)).toEqual([]);
    expect(new Set(ids).size).toBe(2 + 1);
    expect(context.session).toBe(session);
  });

  it('regenerate with a callback as express-session does: another session, empty and anonymous', async () => {
    const { session, context, store } = await sessionWith({ cart: [1] });
    await session.save();
    const { id } = context;
    let seen: unknown;
    await called((callback) =>
      session.regenerate((error) => {
        seen = context.session;
        callback(error);
      }),
    );
    expect(seen).toBe(context.session);
    expect(context.session).not.toBe(session);
    expect(Object.keys(context.session)).toEqual([]);
    expect(context.session.id).not.toBe(id);
    expect(await store.endOf(context.id)).toBeNull();
    expect((await store.endOf(id))?.reason).toBe('replaced');
  });
});

describe('a session object of the past', () => {
  it.each(['save', 'touch', 'reload', 'destroy', 'regenerate'] as const)(
    'refuses to %s and says which is current',
    async (method) => {
      const { session, context } = await sessionWith({ cart: [1] });
      await session.destroy();
      expect(context.session).not.toBe(session);
      await expect(session[method]()).rejects.toThrow(SessionUsageError);
      await expect(session[method]()).rejects.toThrow('Use req.session, which is the current one.');
      expect(await called((callback) => session[method](callback))).toEqual([expect.any(SessionUsageError)]);
      await expect(session.increment('visits')).rejects.toThrow(SessionUsageError);
      await expect(session.update('cart', () => 1)).rejects.toThrow(SessionUsageError);
    },
  );

  it('still tells what it held, for passport to copy', async () => {
    const stage = memoryApplication();
    const cookie = await stage.app.clientThat((session) =>
      Object.assign(session, { cart: [1], theme: 'dark' }),
    );
    const context = await stage.app.request(cookie);
    const past = dataOf(context);
    await called((callback) => context.session.regenerate(callback));
    for (const name in past) dataOf(context)[name] = past[name];
    expect((await changeAfter(context))?.kind).toBe('set');
    expect(context.record?.fields).toEqual(
      new Map([
        ['cart', '[1]'],
        ['theme', '"dark"'],
      ]),
    );
  });

  it('is not stored any more', async () => {
    const { session, context, store } = await sessionWith({ cart: [1] });
    await session.destroy();
    Object.assign(session, { late: 1 });
    await context.finish();
    expect(store.size).toBe(0);
  });
});
