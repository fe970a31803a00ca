import type { Application, Data } from '../../../../../test/support/session-runtime.js';
import {
  changeAfter,
  cookieAfter,
  dataOf,
  memoryApplication,
  ORIGIN,
} from '../../../../../test/support/session-runtime.js';
import { SessionLimitError, SessionUsageError } from '../errors/errors.js';
import type { Token } from '../record/token.js';
import { sessionIdOf } from '../record/token.js';

/** What passport writes into a session: the user as the application's serializer made it. */
function passportSays(session: Data, user: unknown): void {
  session['passport'] = { user };
}

function signedInByPassport(app: Application, user: unknown): Promise<Token> {
  return app.clientThat((session) => {
    session['cart'] = [1];
    passportSays(session, user);
  });
}

async function member(user: unknown = 'alice', settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await signedInByPassport(stage.app, user);
  return { ...stage, cookie, id: sessionIdOf(cookie), context: await stage.app.request(cookie) };
}

describe('a stored user whom the serializer of this version does not understand', () => {
  async function memberOfAnEarlierVersion() {
    const stage = await member();
    const { store, id, app, cookie } = stage;
    const record = await store.load(id);
    if (!record) throw new Error('no session');
    await store.commit(record, { set: new Map([['passport', '{"user":{"sub":"alice"}}']]), remove: [] });
    return { ...stage, context: await app.request(cookie) };
  }

  it('can sign out', async () => {
    const { context, app, store } = await memberOfAnEarlierVersion();
    delete dataOf(context)['passport'];
    expect(await changeAfter(context)).toMatchObject({ kind: 'set' }); // of an anonymous session, with the cart
    expect(await app.events('signed-out')).toMatchObject([{ userId: 'alice' }]);
    expect(await store.list('alice')).toEqual([]);
  });

  it('can be followed by another', async () => {
    const { context, store } = await memberOfAnEarlierVersion();
    passportSays(dataOf(context), 'bob');
    await cookieAfter(context);
    expect(await store.list('bob')).toHaveLength(1);
    expect(await store.list('alice')).toEqual([]);
  });
});

describe('a sign-out', () => {
  it('with a token that has been replaced says so: the session goes on under the newer one', async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((_session, context) => app.signIn(context, 'alice'));
    await app.signIn(await app.request(cookie), 'alice');
    const late = await app.request(cookie);
    await expect(late.destroy()).rejects.toMatchObject({ end: { reason: 'replaced' } });
    expect(await store.list('alice')).toHaveLength(1);
  });

  it('with a token whose session has ended does nothing, also the second time', async () => {
    const { app } = memoryApplication();
    const cookie = await app.clientThat((_session, context) => app.signIn(context, 'alice'));
    for (let time = 0; time < 3; time++) {
      const context = await app.request(cookie);
      await context.destroy();
      await context.destroy();
    }
  });

  it('after a sign-in in the same request ends what that began', async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((_session, context) => app.signIn(context, 'alice'));
    const context = await app.request(cookie);
    await app.signIn(context, 'alice');
    await context.destroy();
    await context.destroy();
    expect(await store.list('alice')).toEqual([]);
  });
});

describe('a user whom passport writes into the session', () => {
  it.each([
    ['an id', 'alice', 'alice'],
    ['a number', 7, '7'],
    ['an object', { id: 'alice', name: 'Alice' }, 'alice'],
  ])('is signed in, as %s', async (_what, user, userId) => {
    const { app, store, id } = await member(user);
    expect((await store.list(userId)).map((session) => session.id)).toEqual([id]);
    const fields = new Map([
      ['cart', '[1]'],
      ['passport', JSON.stringify({ user })],
    ]);
    expect((await store.load(id))?.fields).toEqual(fields);
    expect(await app.events('signed-in')).toMatchObject([{ sessionId: id, userId, ...ORIGIN }]);
    expect(store.size).toBe(1);
  });

  it("gets a new token in the place of the visitor's, whose data goes over", async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((session) => (session['cart'] = [1]));
    const context = await app.request(cookie);
    passportSays(dataOf(context), 'alice');
    const token = await cookieAfter(context);
    expect(await store.endOf(sessionIdOf(cookie))).toMatchObject({ reason: 'replaced' });
    expect((await store.load(sessionIdOf(token)))?.fields.get('cart')).toBe('[1]');
    expect(store.size).toBe(1);
  });

  it('is signed in at once where the session is saved', async () => {
    const { app } = memoryApplication();
    const context = await app.request(null);
    passportSays(dataOf(context), 'alice');
    await context.save();
    expect(context.record?.userId).toBe('alice');
    expect(context.isIdle).toBe(true);
  });

  it('is signed in by passport and by the service but once', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    await app.signIn(context, 'alice');
    passportSays(dataOf(context), 'alice');
    const token = await cookieAfter(context);
    expect((await store.load(sessionIdOf(token)))?.fields.get('passport')).toBe('{"user":"alice"}');
    expect(await app.events('signed-in')).toHaveLength(1);
    expect(store.size).toBe(1);
  });

  it('stays signed in, with the same token, as long as the field says the same', async () => {
    const { store, context, id } = await member();
    Object.assign(dataOf(context), { cart: [2], passport: { user: 'alice', strategy: 'local' } });
    expect(await changeAfter(context)).toBeNull();
    expect((await store.load(id))?.fields.get('passport')).toBe('{"user":"alice","strategy":"local"}');
  });

  it('counts towards the limit', async () => {
    const { app, store } = await member('alice', { limit: { max: 1, onExceed: 'reject' } });
    const context = await app.request(null);
    passportSays(dataOf(context), 'alice');
    await expect(context.save()).rejects.toThrow(SessionLimitError);
    expect(await store.list('alice')).toHaveLength(1);
  });

  it('must have an id, or nobody is signed in', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    passportSays(dataOf(context), { name: 'Alice' });
    await expect(context.save()).rejects.toThrow(SessionUsageError);
    expect(store.size).toBe(0);
  });
});

describe('a user whom passport takes out of the session', () => {
  it.each<[string, (session: Data) => unknown]>([
    ['with the whole field', (session) => delete session['passport']],
    ['from the field', (session) => delete (session['passport'] as Data)['user']],
  ])('is signed out, %s', async (_how, act) => {
    const { app, store, context, id } = await member();
    act(dataOf(context));
    await context.save();
    expect(context.record?.userId ?? null).toBeNull();
    expect(await store.load(id)).toBeNull();
    expect(await store.endOf(id)).toMatchObject({ reason: 'signed-out' });
    expect(await app.events('signed-out')).toMatchObject([{ sessionId: id, userId: 'alice' }]);
  });

  it('leaves what else is in the session to nobody, under another token', async () => {
    const { app, store, context, id } = await member();
    delete dataOf(context)['passport'];
    await context.save();
    const token = await cookieAfter(context);
    expect(sessionIdOf(token)).not.toBe(id);
    const stored = await store.load(sessionIdOf(token));
    expect(stored).toMatchObject({ userId: null, fields: new Map([['cart', '[1]']]) });
    expect(await store.list('alice')).toEqual([]);
    expect((await app.request(token)).record?.userId).toBeNull();
  });

  it('leaves it too where nobody saved before the end of the request', async () => {
    const { store, context } = await member();
    delete dataOf(context)['passport'];
    const token = await cookieAfter(context);
    expect((await store.load(sessionIdOf(token)))?.fields).toEqual(new Map([['cart', '[1]']]));
    expect(context.isIdle).toBe(true);
  });

  it('leaves no session where there was nothing else', async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((session) => passportSays(session, 'alice'));
    const context = await app.request(cookie);
    delete dataOf(context)['passport'];
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    expect(store.size).toBe(0);
    expect(context.isIdle).toBe(true);
  });

  it('was not signed in by passport: then it stays', async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((_session, context) => app.signIn(context, 'alice'));
    const context = await app.request(cookie);
    dataOf(context)['passport'] = {};
    await context.save();
    delete dataOf(context)['passport'];
    expect(await changeAfter(context)).toBeNull();
    expect(await store.list('alice')).toHaveLength(1);
  });
});

describe('a user whom passport replaces by another', () => {
  it('is signed out, and nothing of his is handed over', async () => {
    const { app, store, context, id } = await member();
    dataOf(context)['written'] = 'by alice';
    passportSays(dataOf(context), 'bob');
    const token = await cookieAfter(context);
    expect(await store.load(id)).toBeNull();
    expect(await store.list('alice')).toEqual([]);
    const stored = await store.load(sessionIdOf(token));
    expect(stored).toMatchObject({ userId: 'bob', fields: new Map([['passport', '{"user":"bob"}']]) });
    expect(await app.events('signed-out')).toMatchObject([{ sessionId: id, userId: 'alice' }]);
    expect(store.size).toBe(1);
  });
});
