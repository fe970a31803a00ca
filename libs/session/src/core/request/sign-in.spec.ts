import {
  Application,
  changeAfter,
  cookieAfter,
  dataOf,
  memoryApplication,
  ORIGIN,
  storeThatFails,
} from '../../../../../test/support/session-runtime.js';
import {
  SessionEndedError,
  SessionLimitError,
  SessionSizeError,
  SessionUnavailableError,
  SessionUsageError,
} from '../errors/errors.js';
import { SAFETY_BOUND } from '../runtime/limit.js';
import type { Token } from '../record/token.js';
import { mintToken, sessionIdOf, shardOf, shardOfUser } from '../record/token.js';

/** An application with a visitor who has a cart. */
async function visitor(settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await stage.app.clientThat((session) =>
    Object.assign(session, { cart: [1], theme: 'dark' }),
  );
  return { ...stage, cookie, id: sessionIdOf(cookie) };
}

/** An application with a user who has signed in. */
async function member(userId = 'alice', settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await memberOf(stage.app, userId);
  return { ...stage, cookie, id: sessionIdOf(cookie) };
}

function memberOf(app: Application, userId: string): Promise<Token> {
  return app.clientThat(async (session, context) => {
    session['cart'] = [1];
    await app.signIn(context, userId);
  });
}

describe('a sign-in in place of a session that was revoked meanwhile', () => {
  it('is known to another request of the client, which the store has just told that its token opens nothing', async () => {
    const { app, store, cookie, id } = await member();
    const signingIn = await app.request(cookie);
    await store.destroy(id, { reason: 'revoked' });
    const other = await app.request(cookie);
    await app.signIn(signingIn, 'alice');
    expect(await changeAfter(other)).toBeNull();
  });

  it('stays known to a request that has asked for it', async () => {
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

describe('a sign-in', () => {
  it('gives a new token in the shard of the user, and kills the old one', async () => {
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

  it('keeps the data of the visitor and the age of the session, with what the request has changed', async () => {
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

  it('of the same user again leaves one session, with its data', async () => {
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

  it('of another user ends the session of the first, whose data nobody else gets to see', async () => {
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

  it('twice in one request leaves the last', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    dataOf(context)['cart'] = [1];
    await app.signIn(context, 'alice');
    const { id } = await app.signIn(context, 'alice');
    expect(sessionIdOf(await cookieAfter(context))).toBe(id);
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1]']]));
    expect(store.size).toBe(1);
  });

  it('after the end of a session in the same request takes nothing over', async () => {
    const { app, store, cookie } = await member();
    const context = await app.request(cookie);
    await context.destroy();
    const { id } = await app.signIn(context, 'bob');
    expect((await store.load(id))?.fields.size).toBe(0);
    expect(store.size).toBe(1);
  });

  it('with a cookie that opens nothing tells its late requests that it was replaced', async () => {
    const { app, store } = memoryApplication();
    const madeUp = mintToken(shardOfUser('carol'));
    const context = await app.request(madeUp);
    await app.signIn(context, 'alice');
    expect(await store.endOf(sessionIdOf(madeUp))).toMatchObject({ reason: 'replaced' });
  });

  it('needs a user with an id', async () => {
    const { app } = memoryApplication();
    await expect(app.signIn(await app.request(null), '')).rejects.toThrow(SessionUsageError);
  });

  it('is told, with the session that it replaced', async () => {
    const { app, cookie, id } = await visitor();
    const { id: sessionId } = await app.signIn(await app.request(cookie), 'alice');
    expect(await app.events('signed-in')).toMatchObject([
      { sessionId, userId: 'alice', previousId: id, evicted: [], ...ORIGIN },
    ]);
  });
});

describe("what others write to a visitor's session while it moves to its user's shard", () => {
  /** A visitor who signs in with one request while another, which came before, is still under way. */
  async function meanwhile(act: (data: Record<string, unknown>) => unknown) {
    const stage = await visitor();
    const { app, cookie } = stage;
    const context = await app.request(cookie);
    const slow = await app.request(cookie);
    act(dataOf(slow));
    await slow.finish();
    const { id } = await app.signIn(context, 'alice');
    return { ...stage, context, stored: () => stage.store.load(id) };
  }

  it('goes over', async () => {
    const { context, stored } = await meanwhile((data) => Object.assign(data, { late: 1, theme: 'light' }));
    expect((await stored())?.fields).toEqual(
      new Map([
        ['cart', '[1]'],
        ['theme', '"light"'],
        ['late', '1'],
      ]),
    );
    expect({ ...dataOf(context) }).toEqual({ cart: [1], theme: 'light', late: 1 });
    expect(context.isIdle).toBe(true);
  });

  it('goes over too when it was removed', async () => {
    const { context, stored } = await meanwhile((data) => delete data['theme']);
    expect((await stored())?.fields).toEqual(new Map([['cart', '[1]']]));
    expect(context.isIdle).toBe(true);
  });

  it('does not displace what the sign-in has changed itself, which came later', async () => {
    const { app, store, cookie } = await visitor();
    const context = await app.request(cookie);
    const earlier = await app.request(cookie);
    dataOf(earlier)['theme'] = 'light';
    delete dataOf(earlier)['cart'];
    await earlier.finish();
    Object.assign(dataOf(context), { theme: 'blue', cart: [1, 2] });
    const { id } = await app.signIn(context, 'alice');
    expect((await store.load(id))?.fields).toEqual(
      new Map([
        ['cart', '[1,2]'],
        ['theme', '"blue"'],
      ]),
    );
  });

  it("does not when the visitor's data is dropped", async () => {
    const { app, store, cookie } = await visitor();
    const context = await app.request(cookie);
    const slow = await app.request(cookie);
    dataOf(slow)['late'] = 1;
    await slow.finish();
    const { id } = await app.signIn(context, 'alice', { keepData: false });
    expect((await store.load(id))?.fields.size).toBe(0);
  });

  it('is refused when it comes after the move, and is told', async () => {
    const { app, store, cookie, id } = await visitor();
    const slow = await app.request(cookie);
    dataOf(slow)['late'] = 1;
    await app.signIn(await app.request(cookie), 'alice');
    await slow.finish();
    expect(await store.load(id)).toBeNull();
    expect(store.size).toBe(1);
    expect(await app.events('write-refused')).toMatchObject([{ sessionId: id, reason: 'replaced' }]);
  });
});

describe('the limit', () => {
  it('evicts, which is told with where the sign-in came from', async () => {
    const { app, store, id } = await member('alice', { limit: { max: 1, onExceed: 'evict-oldest' } });
    const { id: sessionId } = await app.signIn(await app.request(null), 'alice');
    expect(await store.endOf(id)).toMatchObject({ reason: 'evicted', by: ORIGIN });
    expect(await app.events('evicted')).toMatchObject([
      { sessionId: id, userId: 'alice', by: { sessionId, ...ORIGIN } },
    ]);
  });

  it('rejects, with the sessions there are, and leaves everything as it was', async () => {
    const limit = { max: 1, onExceed: 'reject' } as const;
    const { app, store, id } = await member('alice', { limit });
    const cookie = await app.clientThat((session) => (session['cart'] = [2]));
    const context = await app.request(cookie);
    const signIn = app.signIn(context, 'alice');
    await expect(signIn).rejects.toThrow(SessionLimitError);
    await expect(signIn).rejects.toMatchObject({ max: 1, live: [{ id, userId: 'alice' }], statusCode: 409 });
    expect(context.record?.id).toBe(sessionIdOf(cookie));
    expect({ ...dataOf(context) }).toEqual({ cart: [2] });
    await context.finish();
    expect(await context.tokenChange()).toBeNull();
    expect(store.size).toBe(2);
    expect(await app.events('rejected')).toMatchObject([{ userId: 'alice', max: 1, live: [id], ...ORIGIN }]);
  });

  it('is of each user, as a function says', async () => {
    const max = ({ id }: { id: string | number }) => (id === 'admin' ? 2 : 1);
    const { app } = memoryApplication({ limit: { max, onExceed: 'reject' } });
    for (const userId of ['admin', 'admin', 'alice']) await app.signIn(await app.request(null), userId);
    for (const userId of ['admin', 'alice']) {
      await expect(app.signIn(await app.request(null), userId)).rejects.toThrow(SessionLimitError);
    }
  });
});

describe('a store that fails during a sign-in', () => {
  it('fails it, and everything is as it was', async () => {
    const { store, cookie, id } = await visitor();
    const app = new Application(storeThatFails(store, 'signIn'));
    const context = await app.request(cookie);
    await expect(app.signIn(context, 'alice')).rejects.toThrow(SessionUnavailableError);
    expect(context.record?.id).toBe(id);
    expect(await context.tokenChange()).toBeNull();
  });

  it('when the session of the visitor should end, does not: nobody was signed in to that, and it expires', async () => {
    const { store, cookie } = await visitor();
    const app = new Application(storeThatFails(store, 'destroy'));
    const context = await app.request(cookie);
    const { id } = await app.signIn(context, 'alice');
    expect(sessionIdOf(await cookieAfter(context))).toBe(id);
    expect(await app.events('store-failed')).toHaveLength(1);
  });

  it('when the session of another user should end, does: that may not stay', async () => {
    const { store, cookie } = await member('alice');
    const app = new Application(storeThatFails(store, 'destroy'));
    await expect(app.signIn(await app.request(cookie), 'bob')).rejects.toThrow(SessionUnavailableError);
  });
});

describe('the bound that holds without a limit', () => {
  it('ends the oldest session, with an event, also for a sign-in that would be refused by a limit', async () => {
    const { app, store } = memoryApplication({ limit: { ...SAFETY_BOUND, max: 2 } });
    const [first] = [await memberOf(app, 'alice'), await memberOf(app, 'alice')];
    expect(await app.events('many-sessions')).toEqual([]);
    const context = await app.request(null);
    const { id: sessionId } = await app.signIn(context, 'alice', { onExceed: 'reject' });
    await context.finish();
    expect(await store.endOf(sessionIdOf(first))).toMatchObject({ reason: 'evicted' });
    expect(await app.events('many-sessions')).toEqual([
      expect.objectContaining({ sessionId, userId: 'alice', max: 2, ...ORIGIN }),
    ]);
  });

  it('tells nothing of evictions by a limit', async () => {
    const { app } = memoryApplication({ limit: { max: 1, onExceed: 'evict-oldest' } });
    for (let time = 0; time < 3; time++) await memberOf(app, 'alice');
    expect(await app.events('evicted')).toHaveLength(2);
    expect(await app.events('many-sessions')).toEqual([]);
  });
});

describe('a sign-in that is sent twice', () => {
  /** Two requests of one visitor, of which the first has signed in. */
  async function twice(settings = {}) {
    const stage = await visitor(settings);
    const [one, other] = [await stage.app.request(stage.cookie), await stage.app.request(stage.cookie)];
    await stage.app.signIn(one, 'alice');
    return { ...stage, one, other };
  }

  it('goes on in the session of the first, and sees what it holds', async () => {
    const { app, one, other } = await twice();
    Object.assign(dataOf(one), { since: 1 });
    await one.save();
    Object.assign(dataOf(other), { theme: 'light' });
    expect((await app.signIn(other, 'alice')).id).toBe(one.id);
    expect({ ...other.session }).toEqual({ cart: [1], theme: 'light', since: 1 });
    expect(await cookieAfter(other)).toBe(await cookieAfter(one));
  });

  it('keeps what the request has saved before, in a session of its own', async () => {
    const { app, store, cookie, id } = await visitor();
    await store.destroy(id, { reason: 'revoked' });
    const [one, other] = [await app.request(cookie), await app.request(cookie)];
    Object.assign(dataOf(other), { saved: 1 });
    await other.save();
    const saved = other.id;
    await app.signIn(one, 'alice');
    Object.assign(dataOf(other), { unsaved: 2 });
    await app.signIn(other, 'alice');
    expect(other.id).toBe(one.id);
    expect((await store.load(one.id))?.fields).toEqual(
      new Map([
        ['saved', '1'],
        ['unsaved', '2'],
      ]),
    );
    expect(await store.load(saved)).toBeNull();
  });

  it('has what the visitor did after the first one, of which no answer came', async () => {
    const { clock, store } = memoryApplication();
    const app = new Application(store);
    const cookie = await app.clientThat((session) => Object.assign(session, { cart: [1] }));
    const lossy = Object.create(store) as typeof store;
    lossy.signIn = async (intent) => {
      await store.signIn(intent);
      throw new SessionUnavailableError('sign a user in', 'no answer');
    };
    const unlucky = new Application(lossy);
    const attempt = unlucky.signIn(await unlucky.request(cookie), 'alice');
    await expect(attempt).rejects.toBeInstanceOf(SessionUnavailableError);
    clock.advance(2_000);
    const shopping = await app.request(cookie);
    Object.assign(dataOf(shopping), { cart: [1, 2] });
    await shopping.finish();
    const { id } = await app.signIn(await app.request(cookie), 'alice');
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1,2]']]));
    expect(store.size).toBe(1);
  });

  it('brings nothing of the visitor where the data is not kept', async () => {
    const { app, store, one, other } = await twice();
    Object.assign(dataOf(other), { theme: 'light' });
    await app.signIn(other, 'alice', { keepData: false });
    expect({ ...other.session }).toEqual({ cart: [1], theme: 'dark' });
    expect((await store.load(one.id))?.fields.get('theme')).toBe('"dark"');
  });

  it('is another sign-in for another user, and when the client is signed in already', async () => {
    const { app, store, one, other } = await twice();
    await app.signIn(other, 'bob');
    expect(other.id).not.toBe(one.id);
    const before = one.id;
    await app.signIn(one, 'alice');
    expect(one.id).not.toBe(before);
    expect(await store.list('alice')).toHaveLength(1);
  });

  it('changes nothing where the two together would be too large', async () => {
    const { app, store, one, other } = await twice({ size: { maxBytes: 200, warnBytes: 200 } });
    Object.assign(dataOf(one), { one: 'x'.repeat(100) });
    await one.save();
    Object.assign(dataOf(other), { other: 'x'.repeat(100) });
    await expect(app.signIn(other, 'alice')).rejects.toBeInstanceOf(SessionSizeError);
    expect((await store.load(one.id))?.fields.has('other')).toBe(false);
    expect(await store.list('alice')).toHaveLength(1);
  });
});
