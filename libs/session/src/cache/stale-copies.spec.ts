import { Watched } from '../../../../test/cache/support/watched-store.js';
import { Application, changeAfter, cookieAfter, dataOf } from '../../../../test/support/session-runtime.js';
import { SessionUnavailableError } from '../core/errors/errors.js';
import type { RotationPolicy, SessionRuntime } from '../core/runtime/runtime.js';
import type { Token } from '../core/record/token.js';
import { sessionIdOf } from '../core/record/token.js';

const ROTATION: RotationPolicy = { everyMs: 60_000, graceMs: 30_000, revokeOnReuse: true };
const MINUTE_MS = 60_000;

/** Two processes on one store. The process with the cache receives no invalidations for the writes of the other. */
let watched: Watched;
let cached: Application;
let other: Application;

function start(settings: Partial<SessionRuntime> = {}): void {
  cached = new Application(watched.store, settings);
  other = new Application(watched.shared, settings);
}

/** Signs a client in and reads its session, so that the cache has a copy. */
async function signedInClient(): Promise<Token> {
  const token = await other.clientThat(async (session, context) => {
    await other.signIn(context, 'alice');
    session['cart'] = 'kite';
  });
  await changeAfter(await cached.request(token));
  return token;
}

beforeEach(() => {
  watched = new Watched();
  start();
});
afterEach(() => watched.close());

describe('a token that the other process has just issued', () => {
  beforeEach(() => start({ rotation: ROTATION }));

  it('a token that is newer than the copy does not count as reused, and the session continues', async () => {
    const token = await signedInClient();
    watched.clock.advance(MINUTE_MS);
    const second = await cookieAfter(await other.request(token));
    await changeAfter(await other.request(second)); // confirmed, so the first token is valid for the grace period only
    watched.copies.drop([sessionIdOf(token)]);
    await changeAfter(await cached.request(second));
    const copy = await watched.store.load(sessionIdOf(token));
    expect([copy && watched.store.isCopy?.(copy), copy?.rotation?.previous]).toEqual([
      true,
      sessionIdOf(token).slice(3),
    ]);
    watched.clock.advance(MINUTE_MS);
    const third = await cookieAfter(await other.request(second));
    await changeAfter(await other.request(third));

    // The copy contains the second token and none after it.
    const context = await cached.request(third);
    expect(context.record?.userId).toBe('alice');
    expect(await cached.events('token-reused')).toEqual([]);
    expect(await watched.shared.load(sessionIdOf(third))).not.toBeNull();
  });

  it('a token opens the session even if the copy contains only the token before', async () => {
    const token = await signedInClient();
    watched.clock.advance(MINUTE_MS);
    const next = await cookieAfter(await other.request(token));
    expect((await cached.request(next)).record?.userId).toBe('alice');
  });

  it('a response does not replace a newer token by an older one', async () => {
    const token = await signedInClient();
    watched.clock.advance(MINUTE_MS);
    const next = await cookieAfter(await other.request(token));
    const answer = await changeAfter(await cached.request(next));
    expect(answer).toBeNull();
  });
});

describe('activity in a session that is read from a copy', () => {
  it('activity is recorded when it is due', async () => {
    const token = await signedInClient();
    const id = sessionIdOf(token);
    for (let minutes = 0; minutes < 120; minutes += 2) {
      watched.clock.advance(2 * MINUTE_MS);
      await changeAfter(await cached.request(token));
    }
    const record = await watched.shared.load(id);
    expect(watched.clock.now() - (record?.lastActiveAt ?? 0)).toBeLessThanOrEqual(4 * MINUTE_MS);
  });
});

describe('revalidate', () => {
  it('revalidate reads a session once if the request began with a copy', async () => {
    const token = await signedInClient();
    const context = await cached.request(token);
    const gate = watched.behind.hold('load');
    const confirming = context.revalidate();
    await gate.arrived;
    gate.open();
    await confirming;
    watched.behind.hold('load').fail();
    await context.revalidate();
  });

  it('revalidate reads nothing if the request read the session from the store', async () => {
    const token = await other.clientThat((session) => (session['cart'] = 'kite'));
    const context = await cached.request(token);
    watched.behind.hold('load').fail();
    await context.revalidate();
    expect(dataOf(context)['cart']).toBe('kite');
  });

  it('revalidate applies the changes of the other process and keeps those of this request', async () => {
    const token = await signedInClient();
    const context = await cached.request(token);
    dataOf(context)['mine'] = 1;
    const theirs = await other.request(token);
    Object.assign(dataOf(theirs), { cart: 'boat', mine: 2, theirs: 3 });
    await changeAfter(theirs);
    await context.revalidate();
    expect({ ...dataOf(context) }).toEqual({ cart: 'boat', mine: 1, theirs: 3 });
    await changeAfter(context);
    expect({ ...dataOf(await other.request(token)) }).toEqual({ cart: 'boat', mine: 1, theirs: 3 });
  });

  it('revalidate of an ended session empties the data and clears the cookie', async () => {
    const token = await signedInClient();
    const context = await cached.request(token);
    dataOf(context)['mine'] = 1;
    await watched.shared.revokeAll('alice', { reason: 'revoked' }, null);
    await expect(context.revalidate()).rejects.toMatchObject({ end: { reason: 'revoked' } });
    expect([context.record, { ...dataOf(context) }]).toEqual([null, {}]);
    expect(await context.end()).toMatchObject({ reason: 'revoked' });
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });

  it('revalidate of a session that a concurrent sign-in has replaced keeps the newer cookie', async () => {
    const token = await signedInClient();
    const context = await cached.request(token);
    const elsewhere = await other.request(token);
    await other.signIn(elsewhere, 'alice');
    await cookieAfter(elsewhere);
    await expect(context.revalidate()).rejects.toMatchObject({ end: { reason: 'replaced' } });
    expect(await changeAfter(context)).toBeNull();
  });

  it('revalidate keeps the session that this request has signed in to', async () => {
    const token = await signedInClient();
    const context = await cached.request(token);
    await cached.signIn(context, 'alice');
    const { record: before } = context;
    await context.revalidate();
    expect(context.record).toBe(before);
  });

  it('revalidate rejects if the store is unavailable', async () => {
    const token = await signedInClient();
    const context = await cached.request(token);
    watched.behind.hold('load').fail();
    await expect(context.revalidate()).rejects.toBeInstanceOf(SessionUnavailableError);
  });
});
