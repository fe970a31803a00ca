import {
  Application,
  changeAfter,
  dataOf,
  memoryApplication,
  ORIGIN,
  storeThatFails,
} from '../../../../../test/support/session-runtime.js';
import { SessionSizeError } from '../errors/errors.js';
import { mintToken, parseToken, randomShard, sessionIdOf, type Token } from '../record/token.js';
import type { SessionStore } from '../store/store.js';

const MINUTE_MS = 60_000;
const ROTATION = { everyMs: MINUTE_MS, graceMs: 10_000, revokeOnReuse: false };

/** Creates an application and a client with an anonymous session. */
async function returningVisitor(settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await stage.app.clientThat((session) => (session['cart'] = [1]));
  return { ...stage, cookie, id: sessionIdOf(cookie) };
}

/** Returns a token that names a session and does not open it. */
function forged(cookie: Token): Token {
  return parseToken(sessionIdOf(cookie) + 'x'.repeat(65)) as Token;
}

/** Returns a store on which one operation fails by a mistake, not by an outage. */
function mistakenStore(store: SessionStore, operation: keyof SessionStore): SessionStore {
  const fail = () => Promise.reject(new TypeError('a mistake'));
  return Object.assign(Object.create(store) as SessionStore, { [operation]: fail });
}

describe('counters', () => {
  it('counts cookies that open no session, by cause', async () => {
    const { app, store, cookie } = await returningVisitor();
    const gone = await app.clientThat((session) => (session['cart'] = [2]));
    await store.destroy(sessionIdOf(gone), { reason: 'revoked' });
    await app.request('malformed', '', cookie);
    await app.request(forged(cookie));
    for (let time = 1; time <= 2; time++) await app.request(gone);
    for (let time = 1; time <= 3; time++) await app.request(mintToken(randomShard()));
    const { tally } = app.runtime;
    expect(tally.cookies).toEqual({ malformed: 2, forged: 1, dead: 2, unknown: 3 });
    expect(await app.events('unknown-token')).toMatchObject([{ ...ORIGIN, count: 1 }]);
  });

  it('counts anonymous sessions, and rejected writes to them', async () => {
    const anonymous = { timeouts: { idleMs: MINUTE_MS, absoluteMs: MINUTE_MS }, maxBytes: 20 };
    const { app } = await returningVisitor({ anonymous });
    const context = await app.request(null);
    dataOf(context)['cart'] = 'x'.repeat(20);
    await expect(context.save()).rejects.toThrow(SessionSizeError);
    await app.signIn(await app.request(null), 'alice');
    expect(app.runtime.tally.anonymous).toEqual({ created: 1, refused: 1 });
  });
});

describe('events', () => {
  it('emits large-session above the warning size alone', async () => {
    const { app, cookie, id } = await returningVisitor({ size: { maxBytes: 100, warnBytes: 10 } });
    for (const cart of ['1234', '12345', '1']) {
      const context = await app.request(cookie);
      dataOf(context)['cart'] = cart;
      await context.finish();
    }
    expect(await app.events('large-session')).toMatchObject([{ sessionId: id, bytes: 11 }]);
  });

  it('continues a request if the grace period of its rotated token cannot be started, and emits an event', async () => {
    const { app, clock, store, cookie } = await returningVisitor({ rotation: ROTATION });
    clock.advance(MINUTE_MS);
    const change = await changeAfter(await app.request(cookie));
    const { token } = change as { token: Token };
    const failing = new Application(storeThatFails(store, 'confirmRotation'), { rotation: ROTATION });
    const context = await failing.request(token);
    expect(dataOf(context)['cart']).toEqual([1]);
    expect(await failing.events('store-failed')).toMatchObject([{ operation: 'confirm a rotation' }]);
    const mistaken = new Application(mistakenStore(store, 'confirmRotation'), { rotation: ROTATION });
    await expect(mistaken.request(token)).rejects.toThrow(TypeError);
  });

  it.each(['rotate', 'touch'] as const)('hides no mistake of a store in %s()', async (operation) => {
    const { clock, store, cookie } = await returningVisitor();
    clock.advance(5 * MINUTE_MS);
    const settings = operation === 'rotate' ? { rotation: ROTATION } : {};
    const app = new Application(mistakenStore(store, operation), settings);
    const context = await app.request(cookie);
    await expect(context.finish()).rejects.toThrow(TypeError);
    expect(await app.events('store-failed')).toEqual([]);
  });

  it('names the session of the presented cookie if a late request had created another one', async () => {
    const { app, store, cookie, id } = await returningVisitor();
    await store.destroy(id, { reason: 'revoked' });
    const late = await app.request(cookie);
    dataOf(late)['cart'] = [2];
    await late.save();
    await app.signIn(await app.request(cookie), 'alice');
    const stray = late.id;
    expect(await changeAfter(late)).toBeNull();
    expect(await store.endOf(stray)).toMatchObject({ reason: 'replaced' });
    expect(await app.events('write-refused')).toMatchObject([{ sessionId: id, reason: 'replaced' }]);
  });
});

describe('the end reason that a request reports', () => {
  it('end() reports nothing of a live session to the holder of a forged token', async () => {
    const { app, cookie } = await returningVisitor();
    const context = await app.request(forged(cookie));
    expect(await context.end()).toEqual({ reason: 'expired', at: null });
  });

  it('end() returns null for a live session, and without a cookie', async () => {
    const { app, cookie } = await returningVisitor();
    expect(await (await app.request(cookie)).end()).toBeNull();
    expect(await (await app.request(null)).end()).toBeNull();
  });
});
