import { changeAfter, dataOf, memoryApplication } from '../../../../../test/support/session-runtime.js';
import { SessionUsageError, SessionValueError } from '../errors/errors.js';
import { METHOD_NAMES, PROTOTYPE_NAMES } from '../fields/field-names.js';

const RESERVED = [...METHOD_NAMES, ...PROTOTYPE_NAMES];

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

describe('the API for middleware of other session libraries', () => {
  it('get() and set() read and write fields', async () => {
    const { session, context } = await sessionWith({ cart: [1] });
    expect(session.get('cart')).toEqual([1]);
    expect(session.get('theme')).toBeUndefined();
    session.set('theme', 'dark');
    expect(dataOf(context)['theme']).toBe('dark');
    session.set('cart', undefined);
    await session.save();
    expect([...(context.record?.fields ?? [])]).toEqual([['theme', '"dark"']]);
  });

  it.each(['toString', 'hasOwnProperty', ...RESERVED])(
    'get() returns undefined for %s, which is not a field',
    async (name) => {
      const { session } = await sessionWith();
      expect(session.get(name)).toBeUndefined();
    },
  );

  it('get() decodes a stored field', async () => {
    const stage = memoryApplication();
    const cookie = await stage.app.clientThat((session) => (session['cart'] = [1]));
    expect((await stage.app.request(cookie)).session.get('cart')).toEqual([1]);
  });

  it.each(RESERVED)('set() rejects the reserved name %s', async (name) => {
    const { session } = await sessionWith();
    expect(() => session.set(name, 1)).toThrow(SessionValueError);
  });

  it('get() and set() reject a name that is not a string', async () => {
    const { session } = await sessionWith();
    expect(() => session.get(5 as unknown as string)).toThrow('session.get() expects the name of a field');
    expect(() => session.set(null as unknown as string, 1)).toThrow(SessionUsageError);
  });

  it('options() accepts options that do not concern the cookie', async () => {
    const { session } = await sessionWith();
    expect(session.options({ userInfo: 'alice' })).toBeUndefined();
    expect(() => session.options({ userInfo: 'alice', path: '/' })).toThrow(SessionUsageError);
    expect(() => session.options({ maxAge: 1 })).toThrow(
      'sessions.signIn(request, user, { absolute, persistent })',
    );
    expect(() => session.options(null as unknown as object)).toThrow('session.options() expects an object');
  });

  it('session.cookie shows the lifetime of the cookie', async () => {
    const { app, clock } = memoryApplication();
    const context = await app.request(null);
    const none = { maxAge: null, originalMaxAge: null, expires: null };
    expect({ ...context.session.cookie }).toEqual(none);
    await app.signIn(context, 'alice');
    expect({ ...context.session.cookie }).toEqual(none);
    const timeouts = { idleMs: 60_000, absoluteMs: 3_600_000 };
    await app.signIn(context, 'alice', { timeouts, persistent: true });
    clock.advance(1_000);
    expect(context.session.cookie.maxAge).toBe(3_599_000);
    expect(context.session.cookie.originalMaxAge).toBe(3_600_000);
    expect(context.session.cookie.expires).toEqual(new Date(clock.now() + 3_599_000));
  });

  it.each<[string, (session: { cookie: Record<string, unknown> }) => unknown]>([
    ['maxAge', (session) => (session.cookie['maxAge'] = 1)],
    ['expires', (session) => (session.cookie['expires'] = new Date())],
    ['any attribute', (session) => Object.assign(session.cookie, { domain: 'example.com' })],
    ['the deletion of an attribute', (session) => delete session.cookie['maxAge']],
    ['the cookie itself', (session) => (session.cookie = {})],
  ])('rejects a change of session.cookie, and names the option to set instead: %s', async (_what, change) => {
    const { session } = await sessionWith();
    const act = () => change(session as unknown as { cookie: Record<string, unknown> });
    expect(act).toThrow(SessionUsageError);
    expect(act).toThrow('sessions.signIn(request, user, { absolute, persistent })');
  });

  it.each(['promise', 'callback'])(
    'regenerate() with field names starts over with these fields, by %s',
    async (form) => {
      const { app, store } = memoryApplication();
      const context = await app.request(null);
      Object.assign(context.session, { cart: [1], theme: 'dark' });
      await app.signIn(context, 'alice');
      const { session, id } = context;
      const keep = ['cart', 'absent', 'save'];
      if (form === 'promise') await session.regenerate(keep);
      else expect(await called((callback) => session.regenerate(keep, callback))).toEqual([]);
      expect(context.session).not.toBe(session);
      expect({ ...context.session }).toEqual({ cart: [1] });
      expect((await store.endOf(id))?.reason).toBe('replaced');
      expect((await changeAfter(context))?.kind).toBe('set');
      expect(context.record).toMatchObject({ userId: null, fields: new Map([['cart', '[1]']]) });
    },
  );

  it('removes all fields of a user who signs out the way @fastify/passport does', async () => {
    const { app } = memoryApplication();
    const cookie = await app.clientThat((session) =>
      Object.assign(session, { passport: { user: 'alice' }, cart: [1] }),
    );
    const context = await app.request(cookie);
    expect(context.record?.userId).toBe('alice');
    context.session.set('passport', undefined);
    await context.session.regenerate();
    expect({ ...context.session }).toEqual({});
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    expect(await app.events('signed-out')).toHaveLength(1);
  });

  it('save() declares its callback parameter, because grant checks save.length', async () => {
    const { session } = await sessionWith();
    expect((Object.getPrototypeOf(session) as typeof session).save).toHaveLength(1);
  });
});
