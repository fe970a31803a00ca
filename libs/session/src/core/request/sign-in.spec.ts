import {
  Application,
  changeAfter,
  cookieAfter,
  dataOf,
  memoryApplication,
  ORIGIN,
  storeThatFails,
} from '../../../../../test/support/session-runtime.js';
import { member, visitor } from '../../../../../test/support/session-clients.js';
import { SessionEndedError, SessionUnavailableError, SessionUsageError } from '../errors/errors.js';
import { mintToken, sessionIdOf, shardOf, shardOfUser } from '../record/token.js';

describe('a sign-in', () => {
  it('issues a new token in the shard of the user, and ends the old session', async () => {
    const { app, store, cookie, id } = await visitor();
    const context = await app.request(cookie);
    const record = await app.signIn(context, 'alice');
    const token = await cookieAfter(context);
    expect(sessionIdOf(token)).toBe(record.id);
    expect(shardOf(record.id)).toBe(shardOfUser('alice'));
    expect(record).toMatchObject({ userId: 'alice', ...ORIGIN });
    expect(await store.load(id)).toBeNull();
    expect(await store.endOf(id)).toMatchObject({ reason: 'replaced' });
    expect((await store.list('alice')).map((session) => session.id)).toEqual([record.id]);
    expect(store.size).toBe(1);
  });

  it('keeps the data of the visitor with the changes of the request, and the age of the session', async () => {
    const { app, store, clock, cookie, id } = await visitor();
    const createdAt = (await store.load(id))?.createdAt;
    clock.advance(60_000);
    const context = await app.request(cookie);
    const data = dataOf(context);
    data['cart'] = [1, 2];
    data['added'] = true;
    delete data['theme'];
    const { id: next } = await app.signIn(context, 'alice');
    const stored = await store.load(next);
    expect(stored?.fields).toEqual(
      new Map([
        ['cart', '[1,2]'],
        ['added', 'true'],
      ]),
    );
    expect(stored?.createdAt).toBe(createdAt);
    expect({ ...data }).toEqual({ cart: [1, 2], added: true });
    expect(context.isIdle).toBe(true);
  });

  it('drops the data of the visitor on request', async () => {
    const { app, clock, store, cookie } = await visitor();
    clock.advance(60_000);
    const context = await app.request(cookie);
    dataOf(context)['added'] = true;
    const { id } = await app.signIn(context, 'alice', { keepData: false });
    expect((await store.load(id))?.fields.size).toBe(0);
    expect(Object.keys(dataOf(context))).toEqual([]);
    expect((await store.load(id))?.createdAt).toBe(store.now());
  });

  it('a further sign-in of the same user leaves one session, with its data', async () => {
    const { app, store, cookie, id } = await member();
    const context = await app.request(cookie);
    dataOf(context)['theme'] = 'dark';
    const { id: next } = await app.signIn(context, 'alice');
    expect(next).not.toBe(id);
    expect((await store.load(next))?.fields).toEqual(
      new Map([
        ['cart', '[1]'],
        ['theme', '"dark"'],
      ]),
    );
    expect(store.size).toBe(1);
  });

  it('a sign-in of another user ends the session of the first user, and inherits no data', async () => {
    const { app, store, cookie, id } = await member();
    const context = await app.request(cookie);
    dataOf(context)['written'] = 'by alice';
    const { id: next } = await app.signIn(context, 'bob');
    expect((await store.load(next))?.fields.size).toBe(0);
    expect(Object.keys(dataOf(context))).toEqual([]);
    expect(await store.load(id)).toBeNull();
    expect(await store.list('alice')).toEqual([]);
    await cookieAfter(context);
    expect((await store.load(next))?.fields.size).toBe(0);
  });

  it('two sign-ins in one request leave the session of the second', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    dataOf(context)['cart'] = [1];
    await app.signIn(context, 'alice');
    const { id } = await app.signIn(context, 'alice');
    expect(sessionIdOf(await cookieAfter(context))).toBe(id);
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1]']]));
    expect(store.size).toBe(1);
  });

  it('a sign-in after destroy() in the same request inherits no data', async () => {
    const { app, store, cookie } = await member();
    const context = await app.request(cookie);
    await context.destroy();
    const { id } = await app.signIn(context, 'bob');
    expect((await store.load(id))?.fields.size).toBe(0);
    expect(store.size).toBe(1);
  });

  it('a sign-in marks a dead cookie as replaced, for late requests with it', async () => {
    const { app, store } = memoryApplication();
    const madeUp = mintToken(shardOfUser('carol'));
    const context = await app.request(madeUp);
    await app.signIn(context, 'alice');
    expect(await store.endOf(sessionIdOf(madeUp))).toMatchObject({ reason: 'replaced' });
  });

  it('rejects a user without an ID', async () => {
    const { app } = memoryApplication();
    await expect(app.signIn(await app.request(null), '')).rejects.toThrow(SessionUsageError);
  });

  it('emits signed-in with the ID of the replaced session', async () => {
    const { app, cookie, id } = await visitor();
    const { id: sessionId } = await app.signIn(await app.request(cookie), 'alice');
    expect(await app.events('signed-in')).toMatchObject([
      { sessionId, userId: 'alice', previousId: id, evicted: [], ...ORIGIN },
    ]);
  });
});

describe('a sign-in after the session was revoked during the request', () => {
  it('another request of the client keeps the new cookie, although its own token was dead when it was loaded', async () => {
    const { app, store, cookie, id } = await member();
    const signingIn = await app.request(cookie);
    await store.destroy(id, { reason: 'revoked' });
    const other = await app.request(cookie);
    await app.signIn(signingIn, 'alice');
    expect(await changeAfter(other)).toBeNull();
  });

  it('another request of the client rejects writes, and keeps the new cookie', async () => {
    const { app, store, cookie, id } = await member();
    const signingIn = await app.request(cookie);
    await store.destroy(id, { reason: 'revoked' });
    const other = await app.request(cookie);
    dataOf(other)['late'] = 1;
    await app.signIn(signingIn, 'alice');
    await expect(other.save()).rejects.toThrow(SessionEndedError);
    expect(await changeAfter(other)).toBeNull();
  });
});

describe('a store that fails during a sign-in', () => {
  it('rejects the sign-in and changes nothing if signIn() of the store fails', async () => {
    const { store, cookie, id } = await visitor();
    const app = new Application(storeThatFails(store, 'signIn'));
    const context = await app.request(cookie);
    await expect(app.signIn(context, 'alice')).rejects.toThrow(SessionUnavailableError);
    expect(context.record?.id).toBe(id);
    expect(await context.tokenChange()).toBeNull();
  });

  it('completes the sign-in if ending the anonymous session fails, because that session expires', async () => {
    const { store, cookie } = await visitor();
    const app = new Application(storeThatFails(store, 'destroy'));
    const context = await app.request(cookie);
    const { id } = await app.signIn(context, 'alice');
    expect(sessionIdOf(await cookieAfter(context))).toBe(id);
    expect(await app.events('store-failed')).toHaveLength(1);
  });

  it('rejects if ending the session of another user fails, because that session must not stay live', async () => {
    const { store, cookie } = await member('alice');
    const app = new Application(storeThatFails(store, 'destroy'));
    await expect(app.signIn(await app.request(cookie), 'bob')).rejects.toThrow(SessionUnavailableError);
  });
});
