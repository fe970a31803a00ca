import {
  Application,
  changeAfter,
  cookieAfter,
  dataOf,
  memoryApplication,
} from '../../../../../test/support/session-runtime.js';
import { SessionEndedError } from '../errors/errors.js';
import type { EndReason } from '../store/store.js';
import type { SessionContext } from './session-context.js';
import { mintToken, randomShard, sessionIdOf } from '../record/token.js';

const MINUTE_MS = 60_000;

/** Creates an application, a client with an anonymous session, and the next request of the client. */
async function returningVisitor(settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await stage.app.clientThat((session) => (session['cart'] = [1]));
  const id = sessionIdOf(cookie);
  return { ...stage, cookie, id, context: await stage.app.request(cookie) };
}

describe('a cookie', () => {
  it('sets no cookie and stores nothing for a visitor that only reads', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    expect(dataOf(context)['cart']).toBeUndefined();
    expect(context.id).toMatch(/^[\w-]{25}$/);
    expect([context.isIdle, context.mayChangeToken]).toEqual([true, false]);
    expect(await changeAfter(context)).toBeNull();
    expect(store.size).toBe(0);
  });

  it('sets the cookie at the first write, for the session whose ID was read before', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    const { id } = context;
    dataOf(context)['cart'] = [1];
    const token = await cookieAfter(context);
    expect(sessionIdOf(token)).toBe(id);
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1]']]));
  });

  it('keeps the cookie of a client that reads, writes or does nothing', async () => {
    const { app, cookie } = await returningVisitor();
    for (const act of [
      () => undefined,
      (session: Record<string, unknown>) => session['cart'],
      (session: Record<string, unknown>) => (session['cart'] = [2]),
      (session: Record<string, unknown>) => delete session['cart'],
    ]) {
      const context = await app.request(cookie);
      act(dataOf(context));
      expect(await changeAfter(context)).toBeNull();
    }
  });

  it('sets a new cookie after a regeneration and after a sign-in', async () => {
    const { app, context, cookie } = await returningVisitor();
    await context.regenerate(true);
    const second = await cookieAfter(context);
    const next = await app.request(second);
    await app.signIn(next, 'alice');
    const third = await cookieAfter(next);
    expect(new Set([cookie, second, third].map(sessionIdOf)).size).toBe(3);
    expect((await app.request(third)).record?.userId).toBe('alice');
  });

  it('sets a cookie that lasts until the absolute end if it is persistent, and ends with the browser otherwise', async () => {
    const { app, clock } = memoryApplication();
    const context = await app.request(null);
    await app.signIn(context, 'alice', {
      persistent: true,
      timeouts: { idleMs: MINUTE_MS, absoluteMs: 10 * MINUTE_MS },
    });
    clock.advance(1_000);
    expect(await changeAfter(context)).toMatchObject({
      kind: 'set',
      persistentForMs: 10 * MINUTE_MS - 1_000,
    });
    const other = await app.request(null);
    await app.signIn(other, 'alice');
    expect(await changeAfter(other)).toMatchObject({ kind: 'set', persistentForMs: null });
  });

  it('starts an anonymous session even if the servers of all shards are unavailable', async () => {
    const { store } = memoryApplication();
    const breaker = {
      state: 'open',
      lastError: null,
      onChange: () => undefined,
      isUnavailable: () => true,
    } as const;
    const app = new Application(Object.assign(Object.create(store) as typeof store, { breaker }));
    const context = await app.request(null);
    dataOf(context)['cart'] = [1];
    expect(await changeAfter(context)).toMatchObject({ kind: 'set' });
  });

  it('reports that a new session, and the end of one, change the cookie', async () => {
    for (const act of [
      (context: SessionContext) => context.regenerate(true),
      (context: SessionContext) => context.destroy(),
    ]) {
      const { context } = await returningVisitor();
      expect(context.mayChangeToken).toBe(false);
      await act(context);
      expect(context.mayChangeToken).toBe(true);
    }
  });

  it('clears the cookie when the client ends its session', async () => {
    const { context, app, cookie } = await returningVisitor();
    await context.destroy();
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    expect((await app.request(cookie)).record).toBeNull();
  });

  it('replaces the cookie when the client ends its session and starts another in the same request', async () => {
    const { context, id, store } = await returningVisitor();
    await context.destroy();
    dataOf(context)['theme'] = 'dark';
    const token = await cookieAfter(context);
    expect(sessionIdOf(token)).not.toBe(id);
    expect((await store.load(sessionIdOf(token)))?.fields).toEqual(new Map([['theme', '"dark"']]));
  });

  it.each([
    ['made up', () => mintToken(randomShard())],
    ['malformed', () => 'no token'],
    ['empty', () => ''],
  ])('clears a cookie that is %s, and never adopts its value', async (_what, made) => {
    const { app, store } = memoryApplication();
    const value = made();
    const context = await app.request(value);
    expect(context.mayChangeToken).toBe(true);
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    const writing = await app.request(value);
    dataOf(writing)['cart'] = [1];
    expect(await cookieAfter(writing)).not.toBe(value);
    expect(store.size).toBe(1);
  });

  it.each<EndReason>(['revoked', 'evicted', 'signed-out', 'destroyed'])(
    'clears the cookie of a session that was %s, and returns the reason',
    async (reason) => {
      const { app, store, cookie, id } = await returningVisitor();
      await store.destroy(id, { reason });
      const context = await app.request(cookie);
      expect(await context.end()).toMatchObject({ reason });
      expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    },
  );

  it('clears the cookie of an expired session', async () => {
    const { app, clock, cookie } = await returningVisitor();
    clock.advance(60 * MINUTE_MS);
    const context = await app.request(cookie);
    expect(await context.end()).toEqual({ reason: 'expired', at: null });
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });

  it('keeps the cookie of a replaced session, because the browser has a newer one', async () => {
    const { app, context, cookie } = await returningVisitor();
    await app.signIn(context, 'alice');
    const late = await app.request(cookie);
    expect(late.record).toBeNull();
    expect(await late.end()).toMatchObject({ reason: 'replaced' });
    expect(await changeAfter(late)).toBeNull();
  });

  it('rejects writes of a late request with the old token, and keeps the newer cookie', async () => {
    const { app, store, context, cookie } = await returningVisitor();
    await app.signIn(context, 'alice');
    await changeAfter(context);
    const late = await app.request(cookie);
    dataOf(late)['cart'] = [2];
    await expect(late.save()).rejects.toThrow(SessionEndedError);
    expect(await changeAfter(late)).toBeNull();
    expect(store.size).toBe(1);
    expect(await app.events('write-refused')).toMatchObject([
      { sessionId: sessionIdOf(cookie), reason: 'replaced' },
    ]);
  });
});

describe('several cookies of one name', () => {
  it('uses the one of several cookies that opens a session', async () => {
    const { app, cookie, id } = await returningVisitor();
    const context = await app.request(mintToken(randomShard()), 'malformed', cookie);
    expect(context.record?.id).toBe(id);
    expect(await changeAfter(context)).toBeNull();
  });

  it('treats a client with cookies of several sessions as anonymous, and emits an event', async () => {
    const { app, cookie, id } = await returningVisitor();
    const other = await app.clientThat((session) => (session['cart'] = [2]));
    const context = await app.request(cookie, other);
    expect(context.record).toBeNull();
    expect(dataOf(context)['cart']).toBeUndefined();
    expect(await changeAfter(context)).toBeNull();
    const [event] = await app.events('ambiguous-cookie');
    expect(event?.sessionIds).toEqual([id, sessionIdOf(other)]);
  });

  it('clears several cookies of which none opens a session', async () => {
    const { app } = memoryApplication();
    const context = await app.request(mintToken(randomShard()), 'malformed');
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });
});
