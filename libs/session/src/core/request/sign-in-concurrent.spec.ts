import {
  Application,
  cookieAfter,
  dataOf,
  memoryApplication,
} from '../../../../../test/support/session-runtime.js';
import { visitor } from '../../../../../test/support/session-clients.js';
import { SessionSizeError, SessionUnavailableError } from '../errors/errors.js';

describe("writes of other requests while a visitor's session moves to its user's shard", () => {
  /** Signs a visitor in with one request after another request of the visitor, which began later, has called `act`. */
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

  it('the new session inherits fields that another request wrote', async () => {
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

  it('the new session lacks a field that another request removed', async () => {
    const { context, stored } = await meanwhile((data) => delete data['theme']);
    expect((await stored())?.fields).toEqual(new Map([['cart', '[1]']]));
    expect(context.isIdle).toBe(true);
  });

  it('changes of the request that signs in win over earlier writes of other requests', async () => {
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

  it("the new session does not inherit late writes if the visitor's data is dropped", async () => {
    const { app, store, cookie } = await visitor();
    const context = await app.request(cookie);
    const slow = await app.request(cookie);
    dataOf(slow)['late'] = 1;
    await slow.finish();
    const { id } = await app.signIn(context, 'alice', { keepData: false });
    expect((await store.load(id))?.fields.size).toBe(0);
  });

  it('rejects a write after the move, and emits write-refused', async () => {
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

describe('a repeated sign-in', () => {
  /** Creates two requests of one visitor, of which the first has signed in. */
  async function twice(settings = {}) {
    const stage = await visitor(settings);
    const [one, other] = [await stage.app.request(stage.cookie), await stage.app.request(stage.cookie)];
    await stage.app.signIn(one, 'alice');
    return { ...stage, one, other };
  }

  it('continues in the session of the first request, with its data', async () => {
    const { app, one, other } = await twice();
    Object.assign(dataOf(one), { since: 1 });
    await one.save();
    Object.assign(dataOf(other), { theme: 'light' });
    expect((await app.signIn(other, 'alice')).id).toBe(one.id);
    expect({ ...other.session }).toEqual({ cart: [1], theme: 'light', since: 1 });
    expect(await cookieAfter(other)).toBe(await cookieAfter(one));
  });

  it('keeps data that the repeating request saved before, in a session of its own', async () => {
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

  it('keeps what the visitor wrote after a first sign-in whose response was lost', async () => {
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

  it('does not add data of the visitor if the data is not kept', async () => {
    const { app, store, one, other } = await twice();
    Object.assign(dataOf(other), { theme: 'light' });
    await app.signIn(other, 'alice', { keepData: false });
    expect({ ...other.session }).toEqual({ cart: [1], theme: 'dark' });
    expect((await store.load(one.id))?.fields.get('theme')).toBe('"dark"');
  });

  it('a sign-in of another user, or of a client that is signed in, is not a repetition', async () => {
    const { app, store, one, other } = await twice();
    await app.signIn(other, 'bob');
    expect(other.id).not.toBe(one.id);
    const before = one.id;
    await app.signIn(one, 'alice');
    expect(one.id).not.toBe(before);
    expect(await store.list('alice')).toHaveLength(1);
  });

  it('rejects a repetition whose data would make the session too large, and changes nothing', async () => {
    const { app, store, one, other } = await twice({ size: { maxBytes: 200, warnBytes: 200 } });
    Object.assign(dataOf(one), { one: 'x'.repeat(100) });
    await one.save();
    Object.assign(dataOf(other), { other: 'x'.repeat(100) });
    await expect(app.signIn(other, 'alice')).rejects.toBeInstanceOf(SessionSizeError);
    expect((await store.load(one.id))?.fields.has('other')).toBe(false);
    expect(await store.list('alice')).toHaveLength(1);
  });
});
