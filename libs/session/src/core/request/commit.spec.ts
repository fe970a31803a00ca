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

/** Writes a serialised user into a session, as passport does. */
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

describe('a stored user in the format of an earlier serializer', () => {
  async function memberOfAnEarlierVersion() {
    const stage = await member();
    const { store, id, app, cookie } = stage;
    const record = await store.load(id);
    if (!record) throw new Error('no session');
    await store.commit(record, { set: new Map([['passport', '{"user":{"sub":"alice"}}']]), remove: [] });
    return { ...stage, context: await app.request(cookie) };
  }

  it('a user whose stored form the serializer does not understand can sign out', async () => {
    const { context, app, store } = await memberOfAnEarlierVersion();
    delete dataOf(context)['passport'];
    expect(await changeAfter(context)).toMatchObject({ kind: 'set' }); // of an anonymous session, with the cart
    expect(await app.events('signed-out')).toMatchObject([{ userId: 'alice' }]);
    expect(await store.list('alice')).toEqual([]);
  });

  it('another user can sign in after a user whom the serializer does not understand', async () => {
    const { context, store } = await memberOfAnEarlierVersion();
    passportSays(dataOf(context), 'bob');
    await cookieAfter(context);
    expect(await store.list('bob')).toHaveLength(1);
    expect(await store.list('alice')).toEqual([]);
  });
});

describe('a sign-out', () => {
  it('a sign-out with a replaced token rejects, because the session continues under the newer token', async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((_session, context) => app.signIn(context, 'alice'));
    await app.signIn(await app.request(cookie), 'alice');
    const late = await app.request(cookie);
    await expect(late.destroy()).rejects.toMatchObject({ end: { reason: 'replaced' } });
    expect(await store.list('alice')).toHaveLength(1);
  });

  it('a sign-out with the token of an ended session does nothing, however often it is repeated', async () => {
    const { app } = memoryApplication();
    const cookie = await app.clientThat((_session, context) => app.signIn(context, 'alice'));
    for (let time = 0; time < 3; time++) {
      const context = await app.request(cookie);
      await context.destroy();
      await context.destroy();
    }
  });

  it('a sign-out after a sign-in in the same request ends the new session', async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((_session, context) => app.signIn(context, 'alice'));
    const context = await app.request(cookie);
    await app.signIn(context, 'alice');
    await context.destroy();
    await context.destroy();
    expect(await store.list('alice')).toEqual([]);
  });
});

describe('a user that passport writes into the session', () => {
  it.each([
    ['an id', 'alice', 'alice'],
    ['a number', 7, '7'],
    ['an object', { id: 'alice', name: 'Alice' }, 'alice'],
  ])('signs in a user that passport stores as %s', async (_what, user, userId) => {
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

  it("replaces the visitor's token when passport signs a user in, and keeps the data", async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((session) => (session['cart'] = [1]));
    const context = await app.request(cookie);
    passportSays(dataOf(context), 'alice');
    const token = await cookieAfter(context);
    expect(await store.endOf(sessionIdOf(cookie))).toMatchObject({ reason: 'replaced' });
    expect((await store.load(sessionIdOf(token)))?.fields.get('cart')).toBe('[1]');
    expect(store.size).toBe(1);
  });

  it('save() signs in the user that passport has written', async () => {
    const { app } = memoryApplication();
    const context = await app.request(null);
    passportSays(dataOf(context), 'alice');
    await context.save();
    expect(context.record?.userId).toBe('alice');
    expect(context.isIdle).toBe(true);
  });

  it('signs a user in once if both passport and the service do so', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    await app.signIn(context, 'alice');
    passportSays(dataOf(context), 'alice');
    const token = await cookieAfter(context);
    expect((await store.load(sessionIdOf(token)))?.fields.get('passport')).toBe('{"user":"alice"}');
    expect(await app.events('signed-in')).toHaveLength(1);
    expect(store.size).toBe(1);
  });

  it('keeps user and token as long as the field of passport names the same user', async () => {
    const { store, context, id } = await member();
    Object.assign(dataOf(context), { cart: [2], passport: { user: 'alice', strategy: 'local' } });
    expect(await changeAfter(context)).toBeNull();
    expect((await store.load(id))?.fields.get('passport')).toBe('{"user":"alice","strategy":"local"}');
  });

  it('a sign-in by passport counts towards the limit', async () => {
    const { app, store } = await member('alice', { limit: { max: 1, onExceed: 'reject' } });
    const context = await app.request(null);
    passportSays(dataOf(context), 'alice');
    await expect(context.save()).rejects.toThrow(SessionLimitError);
    expect(await store.list('alice')).toHaveLength(1);
  });

  it('a sign-in by passport may store more than an anonymous session holds', async () => {
    const timeouts = { idleMs: 60_000, absoluteMs: 60_000 };
    const { app } = memoryApplication({ anonymous: { timeouts, maxBytes: 40 } });
    const context = await app.request(null);
    dataOf(context)['cart'] = 'x'.repeat(40);
    passportSays(dataOf(context), 'alice');
    await context.save();
    expect(context.record?.userId).toBe('alice');
  });

  it('rejects a user of passport without an ID, and signs no user in', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    passportSays(dataOf(context), { name: 'Alice' });
    await expect(context.save()).rejects.toThrow(SessionUsageError);
    expect(store.size).toBe(0);
  });

  it.each<[string, unknown, unknown]>([
    ['the limit', 'alice', SessionLimitError],
    ['a missing ID', { name: 'Alice' }, SessionUsageError],
  ])(
    'removes a user whom %s rejected, so that the end of the request does not try again',
    async (_why, user, error) => {
      const { app, store } = await member('alice', { limit: { max: 1, onExceed: 'reject' } });
      const context = await app.request(null);
      Object.assign(dataOf(context), { cart: [2] });
      passportSays(dataOf(context), user);
      await expect(context.save()).rejects.toThrow(error as typeof Error);
      expect(dataOf(context)).not.toHaveProperty('passport');
      const token = await cookieAfter(context);
      expect(await store.load(sessionIdOf(token))).toMatchObject({
        userId: null,
        fields: new Map([['cart', '[2]']]),
      });
    },
  );
});

describe('a user that passport removes from the session', () => {
  it.each<[string, (session: Data) => unknown]>([
    ['the whole field', (session) => delete session['passport']],
    ['the user in the field', (session) => delete (session['passport'] as Data)['user']],
  ])('signs the user out when passport removes %s', async (_how, act) => {
    const { app, store, context, id } = await member();
    act(dataOf(context));
    await context.save();
    expect(context.record?.userId ?? null).toBeNull();
    expect(await store.load(id)).toBeNull();
    expect(await store.endOf(id)).toMatchObject({ reason: 'signed-out' });
    expect(await app.events('signed-out')).toMatchObject([{ sessionId: id, userId: 'alice' }]);
  });

  it('keeps the other fields in an anonymous session with another token', async () => {
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

  it('keeps the other fields if the session is saved only at the end of the request', async () => {
    const { store, context } = await member();
    delete dataOf(context)['passport'];
    const token = await cookieAfter(context);
    expect((await store.load(sessionIdOf(token)))?.fields).toEqual(new Map([['cart', '[1]']]));
    expect(context.isIdle).toBe(true);
  });

  it('stores no session if there are no other fields', async () => {
    const { app, store } = memoryApplication();
    const cookie = await app.clientThat((session) => passportSays(session, 'alice'));
    const context = await app.request(cookie);
    delete dataOf(context)['passport'];
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    expect(store.size).toBe(0);
    expect(context.isIdle).toBe(true);
  });

  it('keeps a user who was not signed in by passport', async () => {
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

describe('a user that passport replaces with another', () => {
  it('signs the first user out, and passes no field on to the second', async () => {
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
