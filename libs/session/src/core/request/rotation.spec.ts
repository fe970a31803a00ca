import {
  Application,
  changeAfter,
  cookieAfter,
  dataOf,
  memoryApplication,
  ORIGIN,
  storeThatFails,
} from '../../../../../test/support/session-runtime.js';
import type { RotationPolicy } from '../runtime/runtime.js';
import type { Token } from '../record/token.js';
import { sessionIdOf } from '../record/token.js';

const EVERY_MS = 60_000;
const GRACE_MS = 10_000;
const POLICY: RotationPolicy = { everyMs: EVERY_MS, graceMs: GRACE_MS, revokeOnReuse: false };

/** Creates a client whose token is old enough to be exchanged. */
async function client(policy: Partial<RotationPolicy> = {}) {
  const stage = memoryApplication({ rotation: { ...POLICY, ...policy } });
  const { app, clock } = stage;
  const first = await app.clientThat(async (session, context) => {
    session['cart'] = [1];
    await app.signIn(context, 'alice');
  });
  clock.advance(EVERY_MS);
  const id = sessionIdOf(first);
  const use = async (token: Token) => changeAfter(await app.request(token));
  const exchange = async (token: Token) => cookieAfter(await app.request(token));
  const isLive = async (token: Token) => (await app.request(token)).record !== null;
  return { ...stage, first, id, use, exchange, isLive };
}

describe('rotation of tokens', () => {
  it('exchanges a token that is old enough, and keeps the session and its ID', async () => {
    const { app, store, first, id, exchange } = await client();
    const second = await exchange(first);
    expect(second).not.toBe(first);
    expect(second).toMatch(/^[\w-]{90}$/);
    const context = await app.request(second);
    expect(context.id).toBe(id);
    expect({ ...dataOf(context) }).toEqual({ cart: [1] });
    expect(context.record).toMatchObject({ id, userId: 'alice' });
    expect(await app.events('rotated')).toMatchObject([{ sessionId: id, userId: 'alice' }]);
    expect(store.size).toBe(1);
  });

  it('exchanges no token early, and none without the option', async () => {
    const { clock, first, exchange, use } = await client();
    const second = await exchange(first);
    clock.advance(EVERY_MS - 1);
    expect(await use(second)).toBeNull();
    const keeping = await client({ everyMs: null });
    expect(await keeping.use(keeping.first)).toBeNull();
  });

  it('exchanges the token for the same one in concurrent requests', async () => {
    const { app, first } = await client();
    const contexts = await Promise.all(Array.from({ length: 20 }, () => app.request(first)));
    const tokens = await Promise.all(contexts.map(cookieAfter));
    expect(new Set(tokens).size).toBe(1);
    expect(await app.events('rotated')).toHaveLength(1);
  });

  it('accepts the old token until the new one is presented, and issues the new one again after a lost response', async () => {
    const { clock, first, exchange, isLive } = await client();
    const second = await exchange(first);
    clock.advance(20 * 60_000);
    expect(await isLive(first)).toBe(true);
    expect(await exchange(first)).toBe(second);
  });

  it('rejects an old token after the idle timeout if the new one was never presented, and accepts the new one', async () => {
    const { app, clock, first, exchange, isLive } = await client();
    const second = await exchange(first);
    for (let minutes = 0; minutes < 30; minutes += 5) {
      expect(await isLive(first)).toBe(true);
      await changeAfter(await app.request(first));
      clock.advance(5 * 60_000);
    }
    expect(await isLive(first)).toBe(false);
    expect(await isLive(second)).toBe(true);
    // The new token is presented only now, which must not make the old token valid again.
    expect(await isLive(first)).toBe(false);
  });

  it('drops the stored nonce that leads from an old token to its successor after the grace period', async () => {
    const { app, clock, store, first, id, exchange, use } = await client();
    const second = await exchange(first);
    await use(second);
    expect((await store.load(id))?.rotation?.nonce).toMatch(/^[\w-]{22}$/);
    clock.advance(GRACE_MS);
    await (await app.request(second)).touch();
    expect((await store.load(id))?.rotation?.nonce).toBeNull();
    expect((await app.request(second)).record?.userId).toBe('alice');
  });

  it('issues no token to a slow request whose grace period has ended', async () => {
    const { app, clock, first, exchange, use } = await client();
    const slow = await app.request(first);
    const second = await exchange(first);
    await use(second);
    clock.advance(GRACE_MS);
    expect(await changeAfter(slow)).toBeNull();
  });

  it('counts the age of a token from the sign-in', async () => {
    const { app, clock } = memoryApplication({ rotation: POLICY });
    const visitor = await app.clientThat((session) => (session['cart'] = [1]));
    clock.advance(EVERY_MS - 1);
    const context = await app.request(visitor);
    await app.signIn(context, 'alice');
    const token = await cookieAfter(context);
    clock.advance(EVERY_MS - 1);
    expect(await changeAfter(await app.request(token))).toBeNull();
    clock.advance(1);
    expect(await changeAfter(await app.request(token))).toMatchObject({ kind: 'set' });
  });

  it('accepts the old token for the grace period after the new one was presented', async () => {
    const { clock, first, exchange, use, isLive } = await client();
    const second = await exchange(first);
    expect(await use(second)).toBeNull();
    clock.advance(GRACE_MS - 1);
    expect(await isLive(first)).toBe(true);
    expect(await exchange(first)).toBe(second);
  });

  it('rejects a token after its grace period, keeps the newer cookie, and emits token-reused', async () => {
    const { app, clock, store, first, id, exchange, use, isLive } = await client();
    const second = await exchange(first);
    await use(second);
    clock.advance(GRACE_MS);
    const late = await app.request(first);
    expect(late.record).toBeNull();
    expect(await late.end()).toMatchObject({ reason: 'replaced' });
    dataOf(late)['late'] = 1;
    expect(await changeAfter(late)).toBeNull();
    expect(store.size).toBe(1);
    expect(await isLive(second)).toBe(true);
    expect(await app.events('token-reused')).toMatchObject([
      { sessionId: id, userId: 'alice', isRevoked: false, ...ORIGIN },
    ]);
  });

  it('rejects a sign-out with a token after its grace period, because the session continues', async () => {
    const { app, clock, first, exchange, isLive } = await client();
    const second = await exchange(first);
    await isLive(second);
    clock.advance(GRACE_MS);
    const context = await app.request(first);
    await expect(context.destroy()).rejects.toMatchObject({ end: { reason: 'replaced' } });
    expect(await isLive(second)).toBe(true);
  });

  it('ends the session when a token is used after its grace period, if the option is set', async () => {
    const { app, clock, store, first, id, exchange, use, isLive } = await client({ revokeOnReuse: true });
    const second = await exchange(first);
    await use(second);
    clock.advance(GRACE_MS);
    await app.request(first);
    expect(await isLive(second)).toBe(false);
    expect(await store.endOf(id)).toMatchObject({ reason: 'revoked' });
    expect(await app.events('token-reused')).toMatchObject([{ sessionId: id, isRevoked: true }]);
    expect(await app.events('revoked')).toMatchObject([{ sessionId: id, userId: 'alice' }]);
  });

  it('ignores a forged token, and does not report it as reused', async () => {
    const { app, first, exchange, use, isLive } = await client({ revokeOnReuse: true });
    const second = await exchange(first);
    for (const place of [25, 40, 67]) {
      const character = second[place] === 'A' ? 'B' : 'A';
      const forged = (second.slice(0, place) + character + second.slice(place + 1)) as Token;
      expect(await use(forged)).toEqual({ kind: 'clear' });
    }
    expect(await isLive(second)).toBe(true);
    expect(await app.events('token-reused')).toEqual([]);
  });

  it('accepts only the current token and the previous one after many exchanges', async () => {
    const { app, clock, store, first, id, exchange, isLive } = await client();
    const tokens = [first];
    for (let turn = 0; turn < 5; turn++) {
      tokens.push(await exchange(tokens.at(-1) as Token));
      await app.request(tokens.at(-1) as Token);
      clock.advance(EVERY_MS);
    }
    expect(new Set(tokens).size).toBe(6);
    for (const token of tokens.slice(0, -1)) expect(await isLive(token)).toBe(false);
    expect(await isLive(tokens.at(-1) as Token)).toBe(true);
    expect((await store.load(id))?.userId).toBe('alice');
  });

  it('issues no successor that was exchanged in the meantime', async () => {
    const { app, clock, first, exchange, use } = await client();
    const second = await exchange(first);
    const slow = await app.request(first);
    await use(second);
    clock.advance(EVERY_MS);
    const third = await exchange(second);
    expect(third).not.toBe(second);
    expect(await changeAfter(slow)).toBeNull();
  });

  it('a sign-in or a regeneration takes precedence over a rotation in the same request', async () => {
    const { app, first, id } = await client();
    const context = await app.request(first);
    await context.regenerate(true);
    const token = await cookieAfter(context);
    expect(token).toMatch(/^[\w-]{46}$/);
    expect(sessionIdOf(token)).not.toBe(id);
    expect(await app.events('rotated')).toEqual([]);
  });

  it('rejects tokens of a session that was rotated and then regenerated', async () => {
    const { app, first, exchange, isLive } = await client();
    const second = await exchange(first);
    const context = await app.request(second);
    await context.regenerate(true);
    const third = await cookieAfter(context);
    expect([await isLive(first), await isLive(second), await isLive(third)]).toEqual([false, false, true]);
    expect(await changeAfter(await app.request(second))).toBeNull();
  });

  it('accepts the tokens before and after an exchange in one request', async () => {
    const { app, first, id, exchange } = await client();
    const second = await exchange(first);
    for (const cookies of [
      [first, second],
      [second, first],
    ]) {
      const context = await app.request(...cookies);
      expect(context.record?.id).toBe(id);
      expect(await changeAfter(context)).toBeNull();
    }
    expect(await app.events('ambiguous-cookie')).toEqual([]);
  });

  it('exchanges no token after the head of the response was sent', async () => {
    const { app, first, store, id } = await client();
    const context = await app.request(first);
    context.markHeadersSent();
    await context.finish();
    expect((await store.load(id))?.rotation).toBeNull();
  });

  it('keeps the token if the store fails, and emits an event', async () => {
    const { store, first } = await client();
    const failing = new Application(storeThatFails(store, 'rotate'), { rotation: POLICY });
    const context = await failing.request(first);
    expect(await changeAfter(context)).toBeNull();
    expect(await failing.events('store-failed')).toMatchObject([{ operation: 'rotate a token' }]);
  });

  it('keeps the lifetime of the cookie after an exchange', async () => {
    const { app, clock } = memoryApplication({ rotation: POLICY });
    const token = await app.clientThat((_session, context) =>
      app.signIn(context, 'alice', {
        persistent: true,
        timeouts: { idleMs: 600_000, absoluteMs: 3_600_000 },
      }),
    );
    clock.advance(EVERY_MS);
    const change = await changeAfter(await app.request(token));
    expect(change).toMatchObject({ kind: 'set', persistentForMs: 3_600_000 - EVERY_MS });
  });
});
