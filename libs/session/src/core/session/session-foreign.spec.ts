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

/** What an operation in callback form calls back with. */
function called(operation: (callback: (error?: unknown) => void) => void): Promise<unknown[]> {
  return new Promise((resolve) => operation((...args) => resolve(args)));
}

describe('what middleware for other session libraries asks of a session', () => {
  it('reads and writes fields by get and set', async () => {
    const { session, context } = await sessionWith({ cart: [1] });
    expect(session.get('cart')).toEqual([1]);
    expect(session.get('theme')).toBeUndefined();
    session.set('theme', 'dark');
    expect(dataOf(context)['theme']).toBe('dark');
    session.set('cart', undefined);
    await session.save();
    expect([...(context.record?.fields ?? [])]).toEqual([['theme', '"dark"']]);
  });

  it.each(['toString', 'hasOwnProperty', ...RESERVED])('gets no %s, which is no field', async (name) => {
    const { session } = await sessionWith();
    expect(session.get(name)).toBeUndefined();
  });

  it('gets stored fields, decoded', async () => {
    const stage = memoryApplication();
    const cookie = await stage.app.clientThat((session) => (session['cart'] = [1]));
    expect((await stage.app.request(cookie)).session.get('cart')).toEqual([1]);
  });

  it.each(RESERVED)('does not set %s', async (name) => {
    const { session } = await sessionWith();
    expect(() => session.set(name, 1)).toThrow(SessionValueError);
  });

  it('says what is wrong with a name that is no text', async () => {
    const { session } = await sessionWith();
    expect(() => session.get(5 as unknown as string)).toThrow('session.get() expects the name of a field');
    expect(() => session.set(null as unknown as string, 1)).toThrow(SessionUsageError);
  });

  it('takes options that are not about the cookie', async () => {
    const { session } = await sessionWith();
    expect(session.options({ userInfo: 'alice' })).toBeUndefined();
    expect(() => session.options({ maxAge: 1 })).toThrow(
      'sessions.signIn(request, user, { absolute, persistent })',
    );
    expect(() => session.options(null as unknown as object)).toThrow('session.options() expects an object');
  });

  it('reads how long the cookie is kept', async () => {
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
    ['an attribute that is deleted', (session) => delete session.cookie['maxAge']],
    ['the cookie itself', (session) => (session.cookie = {})],
  ])('refuses to change the cookie, and says what decides: %s', async (_what, change) => {
    const { session } = await sessionWith();
    const act = () => change(session as unknown as { cookie: Record<string, unknown> });
    expect(act).toThrow(SessionUsageError);
    expect(act).toThrow('sessions.signIn(request, user, { absolute, persistent })');
  });

  it.each(['promise', 'callback'])('starts over with the fields that it names, by %s', async (form) => {
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
  });

  it('leaves nothing of a user who signs out as @fastify/passport has it', async () => {
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

  it('has a parameter for the callback of save, by which grant knows that it can wait', async () => {
    const { session } = await sessionWith();
    expect((Object.getPrototypeOf(session) as typeof session).save).toHaveLength(1);
  });
});
