import { changeAfter, dataOf, memoryApplication } from '../../../../../test/support/session-runtime.js';
import { SessionUsageError, SessionValueError } from '../errors/errors.js';
import { METHOD_NAMES, PROTOTYPE_NAMES } from '../fields/field-names.js';
import { SessionObject } from './session.js';

const RESERVED = [...METHOD_NAMES, ...PROTOTYPE_NAMES];
/** Without `cookie`, whose error message differs. */
const NOT_SET = RESERVED.filter((name) => name !== 'cookie');

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

describe('a session object', () => {
  it('the own properties of a session are the fields of the application', async () => {
    const { session } = await sessionWith({ cart: [1], theme: 'dark' });
    expect(Object.keys(session)).toEqual(['cart', 'theme']);
    expect(Reflect.ownKeys(session)).toEqual(['cart', 'theme']);
    expect(JSON.stringify(session)).toBe('{"cart":[1],"theme":"dark"}');
    expect({ ...session }).toEqual({ cart: [1], theme: 'dark' });
  });

  it('a for-in loop visits the fields alone, because some middleware copies sessions with one', async () => {
    const { session } = await sessionWith({ cart: [1] });
    const names: string[] = [];
    for (const name in session) names.push(name);
    expect(names).toEqual(['cart']);
  });

  it('a session has its methods and its ID', async () => {
    const { session, context } = await sessionWith();
    for (const name of METHOD_NAMES) expect(name in session).toBe(true);
    expect(session.id).toBe(context.id);
    expect(session.id).toMatch(/^[\w-]{25}$/);
    expect(typeof session.save).toBe('function');
  });

  it.each(NOT_SET)('rejects an assignment to %s, and says why', async (name) => {
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

  it.each(RESERVED)('save() rejects a property that was defined under the reserved name %s', async (name) => {
    const { session, context, store } = await sessionWith();
    Object.defineProperty(session, name, { value: 1, enumerable: true, configurable: true });
    await expect(context.save()).rejects.toThrow(`session.${name} cannot be set: the name is reserved.`);
    expect(store.size).toBe(0);
  });

  it('the prototype of sessions is frozen', () => {
    expect(Object.isFrozen(SessionObject.prototype)).toBe(true);
    expect(() => Object.defineProperty(SessionObject.prototype, 'save', { value: 1 })).toThrow(TypeError);
  });

  it('session.__proto__ is undefined', async () => {
    const { session } = await sessionWith();
    const { __proto__: prototype } = session as unknown as { __proto__: unknown };
    expect(prototype).toBeUndefined();
    expect(Object.getPrototypeOf(session)).toBe(SessionObject.prototype);
  });

  it('operationsOf() returns the operations of a session object alone', async () => {
    const { session, context } = await sessionWith();
    expect(SessionObject.operationsOf(session)).toBe(context);
    expect(SessionObject.operationsOf({})).toBeNull();
    expect(SessionObject.operationsOf(Object.create(session) as object)).toBeNull();
  });
});

describe('the methods of a session', () => {
  it.each(['save', 'touch', 'reload', 'destroy', 'regenerate'] as const)(
    'returns a promise without a callback: %s',
    async (method) => {
      const { session } = await sessionWith({ cart: [1] });
      await expect(session[method]()).resolves.toBeUndefined();
    },
  );

  it.each(['save', 'touch', 'reload', 'destroy', 'regenerate'] as const)(
    'calls the callback without an error: %s',
    async (method) => {
      const { session } = await sessionWith({ cart: [1] });
      expect(await called((callback) => expect(session[method](callback)).toBeUndefined())).toEqual([]);
    },
  );

  it('save() rejects, or passes the error to the callback', async () => {
    const { session } = await sessionWith({ cart: [1n] });
    await expect(session.save()).rejects.toThrow(SessionValueError);
    expect(await called((callback) => session.save(callback))).toEqual([expect.any(SessionValueError)]);
  });

  it('regenerate() keeps the data, or drops it on request', async () => {
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

  it('regenerate(callback) starts an empty anonymous session, as express-session does', async () => {
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

describe('a stale session object', () => {
  it.each(['save', 'touch', 'reload', 'destroy', 'regenerate'] as const)(
    '%s() of a stale session object rejects and names the current one',
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

  it('a stale session object keeps its fields, because passport copies them', async () => {
    const stage = memoryApplication();
    const cookie = await stage.app.clientThat((session) =>
      Object.assign(session, { cart: [1], theme: 'dark' }),
    );
    const context = await stage.app.request(cookie);
    const stale = dataOf(context);
    await called((callback) => context.session.regenerate(callback));
    for (const name in stale) dataOf(context)[name] = stale[name];
    expect((await changeAfter(context))?.kind).toBe('set');
    expect(context.record?.fields).toEqual(
      new Map([
        ['cart', '[1]'],
        ['theme', '"dark"'],
      ]),
    );
  });

  it('writes to a stale session object are not stored', async () => {
    const { session, context, store } = await sessionWith({ cart: [1] });
    await session.destroy();
    Object.assign(session, { late: 1 });
    await context.finish();
    expect(store.size).toBe(0);
  });
});
