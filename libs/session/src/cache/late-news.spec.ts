import { Watched } from '../../../../test/cache/support/watched-store.js';
import { Application, changeAfter, cookieAfter, dataOf } from '../../../../test/support/session-runtime.js';
import { SessionUnavailableError } from '../core/errors/errors.js';
import type { RotationPolicy, SessionRuntime } from '../core/runtime/runtime.js';
import type { Token } from '../core/record/token.js';
import { sessionIdOf } from '../core/record/token.js';

const ROTATION: RotationPolicy = { everyMs: 60_000, graceMs: 30_000, revokeOnReuse: true };
const MINUTE_MS = 60_000;

/** Two processes on one store. The one with the cache is told nothing of what the other does. */
let watched: Watched;
let cached: Application;
let other: Application;

function start(settings: Partial<SessionRuntime> = {}): void {
  cached = new Application(watched.store, settings);
  other = new Application(watched.shared, settings);
}

/** A client that is signed in, and whose session the cache has. */
async function shopper(): Promise<Token> {
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

describe('a token that the other process has just handed out', () => {
  beforeEach(() => start({ rotation: ROTATION }));

  it('is not taken for an old one, and ends no session', async () => {
    const token = await shopper();
    watched.clock.advance(MINUTE_MS);
    const second = await cookieAfter(await other.request(token));
    await changeAfter(await other.request(second)); // seen, so the first is good for the grace only
    watched.copies.forget([sessionIdOf(token)]);
    await changeAfter(await cached.request(second));
    const copy = await watched.store.load(sessionIdOf(token));
    expect([copy && watched.store.isCopy?.(copy), copy?.rotation?.previous]).toEqual([
      true,
      sessionIdOf(token).slice(3),
    ]);
    watched.clock.advance(MINUTE_MS);
    const third = await cookieAfter(await other.request(second));
    await changeAfter(await other.request(third));

    // The copy knows of the second token and of none after it.
    const context = await cached.request(third);
    expect(context.record?.userId).toBe('alice');
    expect(await cached.events('token-reused')).toEqual([]);
    expect(await watched.shared.load(sessionIdOf(third))).not.toBeNull();
  });

  it('opens the session though the copy knows the first token only', async () => {
    const token = await shopper();
    watched.clock.advance(MINUTE_MS);
    const next = await cookieAfter(await other.request(token));
    expect((await cached.request(next)).record?.userId).toBe('alice');
  });

  it('is not exchanged for one that the browser had before', async () => {
    const token = await shopper();
    watched.clock.advance(MINUTE_MS);
    const next = await cookieAfter(await other.request(token));
    const answer = await changeAfter(await cached.request(next));
    expect(answer).toBeNull();
  });
});

describe('what a copy says of the clocks', () => {
  it('lets activity be recorded when it is due', async () => {
    const token = await shopper();
    const id = sessionIdOf(token);
    for (let minutes = 0; minutes < 120; minutes += 2) {
      watched.clock.advance(2 * MINUTE_MS);
      await changeAfter(await cached.request(token));
    }
    const record = await watched.shared.load(id);
    expect(watched.clock.now() - (record?.lastActiveAt ?? 0)).toBeLessThanOrEqual(4 * MINUTE_MS);
  });
});

describe('a session that is confirmed', () => {
  it('is read once more when it was a copy, and not again', async () => {
    const token = await shopper();
    const context = await cached.request(token);
    const gate = watched.behind.hold('load');
    const confirming = context.revalidate();
    await gate.arrived;
    gate.open();
    await confirming;
    watched.behind.hold('load').fail();
    await context.revalidate();
  });

  it('is not read once more when it was read for this request', async () => {
    const token = await other.clientThat((session) => (session['cart'] = 'kite'));
    const context = await cached.request(token);
    watched.behind.hold('load').fail();
    await context.revalidate();
    expect(dataOf(context)['cart']).toBe('kite');
  });

  it('has what the other process has written, and keeps what this request has changed', async () => {
    const token = await shopper();
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

  it('is empty and nobody’s when it has ended, and its cookie goes', async () => {
    const token = await shopper();
    const context = await cached.request(token);
    dataOf(context)['mine'] = 1;
    await watched.shared.revokeAll('alice', { reason: 'revoked' }, null);
    await expect(context.revalidate()).rejects.toMatchObject({ end: { reason: 'revoked' } });
    expect([context.record, { ...dataOf(context) }]).toEqual([null, {}]);
    expect(await context.end()).toMatchObject({ reason: 'revoked' });
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });

  it('leaves the newer cookie alone when a sign-in elsewhere has replaced it', async () => {
    const token = await shopper();
    const context = await cached.request(token);
    const elsewhere = await other.request(token);
    await other.signIn(elsewhere, 'alice');
    await cookieAfter(elsewhere);
    await expect(context.revalidate()).rejects.toMatchObject({ end: { reason: 'replaced' } });
    expect(await changeAfter(context)).toBeNull();
  });

  it('is left alone when this request has signed in anew', async () => {
    const token = await shopper();
    const context = await cached.request(token);
    await cached.signIn(context, 'alice');
    const { record: before } = context;
    await context.revalidate();
    expect(context.record).toBe(before);
  });

  it('fails where the store does not answer', async () => {
    const token = await shopper();
    const context = await cached.request(token);
    watched.behind.hold('load').fail();
    await expect(context.revalidate()).rejects.toBeInstanceOf(SessionUnavailableError);
  });
});
