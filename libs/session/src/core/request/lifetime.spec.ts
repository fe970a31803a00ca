import {
  cookieAfter,
  dataOf,
  memoryApplication,
  ORIGIN,
} from '../../../../../test/support/session-runtime.js';
import { SessionOptionsError } from '../errors/errors.js';
import { NO_IDLE_MS } from '../record/expiry.js';
import type { LifetimeChoice } from './lifetime.js';
import type { TimeoutQuestion, TimeoutSource } from '../runtime/timeout-policy.js';
import type { SessionRuntime } from '../runtime/runtime.js';
import type { Token } from '../record/token.js';
import { sessionIdOf } from '../record/token.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DEFAULTS = { idleMs: 20 * MINUTE_MS, absoluteMs: 8 * HOUR_MS };

function application(settings: Partial<SessionRuntime> = {}) {
  const stage = memoryApplication({ timeouts: DEFAULTS, ...settings });
  /** Signs a user in with these lifetime settings alone. */
  const signIn = async (cookie: Token | null, userId: string, choice: LifetimeChoice = {}) => {
    const context = await stage.app.request(cookie);
    const user = { id: userId, role: userId === 'root' ? 'admin' : 'member' };
    const record = await context.signIn(user, { keepData: true, origin: ORIGIN, ...choice });
    return { record, cookie: await cookieAfter(context) };
  };
  const stored = async (cookie: Token) => {
    const record = await stage.store.load(sessionIdOf(cookie));
    if (!record) throw new Error('the session has ended');
    return record;
  };
  /** Runs a request that calls `act`, and returns the session as it is stored afterwards. */
  const request = async (cookie: Token, act: (data: Record<string, unknown>) => void = () => undefined) => {
    const context = await stage.app.request(cookie);
    act(dataOf(context));
    await context.finish();
    return stored(cookie);
  };
  return { ...stage, signIn, stored, request };
}

describe('a further sign-in of the same user', () => {
  it("a further sign-in keeps the session's own timeouts and persistence, and restarts its absolute timeout", async () => {
    const { clock, signIn } = application();
    const own = { timeouts: { idleMs: 5 * MINUTE_MS, absoluteMs: HOUR_MS }, persistent: true };
    const { cookie } = await signIn(null, 'alice', own);
    clock.advance(2 * MINUTE_MS);
    const { record } = await signIn(cookie, 'alice');
    expect(record).toMatchObject({ idleMs: 5 * MINUTE_MS, persistent: true, own: ['idle'] });
    expect(record.absoluteEndAt).toBe(clock.now() + HOUR_MS);
  });

  it('a further sign-in can change each lifetime setting', async () => {
    const { clock, signIn } = application();
    const own = { timeouts: { idleMs: 5 * MINUTE_MS, absoluteMs: HOUR_MS }, persistent: true };
    const { cookie } = await signIn(null, 'alice', own);
    const shorter = await signIn(cookie, 'alice', { timeouts: { idleMs: MINUTE_MS } });
    expect(shorter.record).toMatchObject({ idleMs: MINUTE_MS, persistent: true });
    expect(shorter.record.absoluteEndAt).toBe(clock.now() + HOUR_MS);
    const longer = await signIn(shorter.cookie, 'alice', { timeouts: { absoluteMs: 2 * HOUR_MS } });
    expect(longer.record).toMatchObject({ idleMs: MINUTE_MS, absoluteEndAt: clock.now() + 2 * HOUR_MS });
    const brief = await signIn(longer.cookie, 'alice', { persistent: false });
    expect(brief.record).toMatchObject({ idleMs: MINUTE_MS, persistent: false });
  });

  it('a further sign-in does not move an end that was set as a time', async () => {
    const { clock, signIn } = application();
    const absoluteEndAt = clock.now() + HOUR_MS;
    const { cookie, record } = await signIn(null, 'alice', { absoluteEndAt });
    expect(record).toMatchObject({ absoluteEndAt, own: ['end'] });
    clock.advance(10 * MINUTE_MS);
    const again = await signIn(cookie, 'alice');
    expect(again.record).toMatchObject({ absoluteEndAt, own: ['end'] });
    const freed = await signIn(again.cookie, 'alice', { timeouts: { absoluteMs: 2 * HOUR_MS } });
    expect(freed.record.absoluteEndAt).toBe(clock.now() + 2 * HOUR_MS);
    expect(freed.record).not.toHaveProperty('own');
  });

  it('a further sign-in does not call the timeout function, which may now receive less of the user', async () => {
    const idleMs = ({ user }: TimeoutQuestion) =>
      Promise.resolve((user as { role?: string } | null)?.role === 'admin' ? 5 * MINUTE_MS : 30 * MINUTE_MS);
    const { app, signIn } = application({ timeouts: { ...DEFAULTS, idleMs } });
    const { cookie } = await signIn(null, 'root');
    const context = await app.request(cookie);
    const record = await context.signIn({ id: 'root' }, { keepData: true, origin: ORIGIN });
    expect(record.idleMs).toBe(5 * MINUTE_MS);
  });

  it('a further sign-in keeps the lifetime settings after the request started the session over, as passport does', async () => {
    const { app, signIn } = application();
    const { cookie } = await signIn(null, 'alice', { timeouts: { idleMs: MINUTE_MS }, persistent: true });
    const context = await app.request(cookie);
    await context.startOver();
    const record = await context.signIn({ id: 'alice' }, { keepData: true, origin: ORIGIN });
    expect(record).toMatchObject({ idleMs: MINUTE_MS, persistent: true });
  });
});

describe('a sign-in of another user, or after a sign-out', () => {
  const own = { timeouts: { idleMs: MINUTE_MS, absoluteMs: HOUR_MS }, persistent: true };

  it('a sign-in of another user, or after a sign-out, gets the default lifetime', async () => {
    const { app, clock, signIn } = application();
    const { cookie } = await signIn(null, 'alice', own);
    const other = await signIn(cookie, 'bob');
    expect(other.record).toMatchObject({ idleMs: DEFAULTS.idleMs, persistent: false });
    expect(other.record.absoluteEndAt).toBe(clock.now() + DEFAULTS.absoluteMs);
    const { cookie: again } = await signIn(null, 'alice', own);
    const context = await app.request(again);
    await context.destroy();
    const record = await context.signIn({ id: 'alice' }, { keepData: true, origin: ORIGIN });
    expect(record).toMatchObject({ idleMs: DEFAULTS.idleMs, persistent: false });
  });
});

describe('the lifetime of a sign-in', () => {
  it('rejects a sign-in whose lifetime settings contradict each other, and changes nothing', async () => {
    const { store, clock, signIn } = application();
    const refused = (choice: LifetimeChoice) => expect(signIn(null, 'alice', choice)).rejects;
    await refused({ timeouts: { idleMs: 9 * HOUR_MS } }).toThrow(
      /idle: expected at most the absolute timeout/,
    );
    await refused({ absoluteEndAt: clock.now() }).toThrow(/absolute: expected a time to come/);
    await refused({ persistent: true, timeouts: { absoluteMs: 500 * 24 * HOUR_MS } }).toThrow(
      /at most 400 days/,
    );
    await refused({ absoluteEndAt: clock.now() }).toBeInstanceOf(SessionOptionsError);
    expect(await store.list('alice')).toEqual([]);
  });

  it('shortens a default idle timeout to the absolute timeout of the sign-in', async () => {
    const { clock, signIn } = application();
    const { record } = await signIn(null, 'alice', { timeouts: { absoluteMs: MINUTE_MS } });
    expect(record.idleMs).toBe(MINUTE_MS);
    const until = await signIn(null, 'bob', { absoluteEndAt: clock.now() + MINUTE_MS });
    expect(until.record.idleMs).toBe(MINUTE_MS);
  });

  it('the absolute timeout counts from an earlier sign-in time', async () => {
    const { clock, signIn } = application();
    const signedInAt = clock.now() - HOUR_MS;
    const { record } = await signIn(null, 'alice', { signedInAt });
    expect(record).toMatchObject({ signedInAt, absoluteEndAt: signedInAt + DEFAULTS.absoluteMs });
  });
});

describe('an idle timeout from a function', () => {
  const asked: TimeoutQuestion[] = [];
  const give =
    (ms: (question: TimeoutQuestion) => number): TimeoutSource =>
    (question) => {
      asked.push(question);
      return Promise.resolve().then(() => ms(question));
    };
  beforeEach(() => (asked.length = 0));

  it('calls the idle function for a new session, at a sign-in, and at each recorded activity', async () => {
    const idleMs = give(() => 20 * MINUTE_MS);
    const { app, clock, signIn, request } = application({ timeouts: { ...DEFAULTS, idleMs } });
    const visitor = await app.clientThat((session) => (session['cart'] = []));
    const { cookie } = await signIn(visitor, 'alice');
    clock.advance(MINUTE_MS);
    await request(cookie); // nothing is recorded
    clock.advance(2 * MINUTE_MS);
    await request(cookie);
    clock.advance(1);
    await request(cookie, (data) => (data['a'] = 1));
    expect(
      asked.map(({ user, record, activity }) => [user?.id, record?.userId, activity?.quietForMs]),
    ).toEqual([
      [undefined, undefined, undefined],
      ['alice', null, undefined],
      ['alice', 'alice', 3 * MINUTE_MS],
      ['alice', 'alice', 1],
    ]);
    expect(asked[2]?.activity).toEqual({
      ...ORIGIN,
      at: new Date(clock.now() - 1),
      quietForMs: 3 * MINUTE_MS,
    });
  });

  it('does not call the idle function of signed-in sessions for an anonymous session', async () => {
    const { app, request } = application({
      timeouts: { ...DEFAULTS, idleMs: give(() => HOUR_MS) },
      anonymous: { timeouts: DEFAULTS, maxBytes: 1_000 },
    });
    const cookie = await app.clientThat((session) => (session['cart'] = [1]));
    expect((await request(cookie, (data) => (data['cart'] = [2]))).idleMs).toBe(DEFAULTS.idleMs);
    expect(asked).toEqual([]);
  });

  it('activity changes the idle timeout, and so the end of the session', async () => {
    const idleMs = give(({ activity }) => (activity ? 10 * MINUTE_MS : 20 * MINUTE_MS));
    const { store, clock, signIn, request } = application({ timeouts: { ...DEFAULTS, idleMs } });
    const { cookie, record } = await signIn(null, 'alice');
    expect(record.idleMs).toBe(20 * MINUTE_MS);
    clock.advance(5 * MINUTE_MS);
    expect((await request(cookie)).idleMs).toBe(10 * MINUTE_MS);
    clock.advance(11 * MINUTE_MS);
    expect(await store.load(sessionIdOf(cookie))).toBeNull();
  });

  it('does not call the idle function if the sign-in set an idle timeout', async () => {
    const { clock, signIn, request } = application({
      timeouts: { ...DEFAULTS, idleMs: give(() => HOUR_MS) },
    });
    const { cookie } = await signIn(null, 'alice', { timeouts: { idleMs: 5 * MINUTE_MS } });
    clock.advance(MINUTE_MS);
    expect((await request(cookie)).idleMs).toBe(5 * MINUTE_MS);
    expect(asked).toEqual([]);
  });

  it.each<[string, (question: TimeoutQuestion) => number]>([
    [
      'a property',
      ({ user }) => ((user as { role?: string } | null)?.role === 'admin' ? MINUTE_MS : HOUR_MS),
    ],
    ['the existence of a property', ({ user }) => (user && 'role' in user ? MINUTE_MS : HOUR_MS)],
    ['all properties', ({ user }) => (Object.keys(user ?? {}).length > 1 ? MINUTE_MS : HOUR_MS)],
  ])('keeps the idle timeout if the function reads unknown properties of the user: %s', async (_what, ms) => {
    const { app, clock, signIn, request } = application({ timeouts: { ...DEFAULTS, idleMs: give(ms) } });
    const { cookie } = await signIn(null, 'root');
    clock.advance(30_000);
    expect((await request(cookie, (data) => (data['a'] = 1))).idleMs).toBe(MINUTE_MS);
    expect(asked).toHaveLength(2);
    expect(await app.events('timeout-failed')).toEqual([]);
  });

  it('calls the idle function with the user that the application loads', async () => {
    const roles = new Map([['root', 'admin']]);
    const { clock, signIn, request } = application({
      timeouts: {
        ...DEFAULTS,
        idleMs: give(({ user }) =>
          (user as { role?: string } | null)?.role === 'admin' ? MINUTE_MS : HOUR_MS,
        ),
      },
      loadUser: (id) => (roles.has(id) ? Promise.resolve({ id, role: roles.get(id) }) : null),
    });
    const { cookie } = await signIn(null, 'root');
    roles.set('root', 'member');
    clock.advance(30_000);
    expect((await request(cookie)).idleMs).toBe(HOUR_MS);
    roles.clear(); // the user was deleted
    clock.advance(30 * MINUTE_MS);
    expect((await request(cookie)).idleMs).toBe(HOUR_MS);
  });

  it('keeps the idle timeout if the function fails at an activity, emits timeout-failed, and continues the request', async () => {
    const fault = new Error('the rules are unavailable');
    const idleMs = give(({ activity }) => {
      if (activity) throw fault;
      return 5 * MINUTE_MS;
    });
    const { app, clock, signIn, request } = application({ timeouts: { ...DEFAULTS, idleMs } });
    const { cookie, record } = await signIn(null, 'alice');
    clock.advance(MINUTE_MS);
    expect(await request(cookie)).toMatchObject({ idleMs: 5 * MINUTE_MS, lastActiveAt: clock.now() });
    const { id: sessionId } = record;
    expect(await app.events('timeout-failed')).toEqual([
      expect.objectContaining({ sessionId, userId: 'alice', error: fault }),
    ]);
  });

  it('rejects the sign-in if the idle function fails', async () => {
    const idleMs = give(() => {
      throw new Error('the rules are unavailable');
    });
    const { store, signIn } = application({ timeouts: { ...DEFAULTS, idleMs } });
    await expect(signIn(null, 'alice')).rejects.toThrow('the rules are unavailable');
    expect(await store.list('alice')).toEqual([]);
  });

  it('the idle function also runs at increment() and update()', async () => {
    const idleMs = give(({ activity }) => (activity ? 10 * MINUTE_MS : 20 * MINUTE_MS));
    const { app, signIn, stored } = application({ timeouts: { ...DEFAULTS, idleMs } });
    for (const act of [
      (context: Awaited<ReturnType<typeof app.request>>) => context.increment('n', 1),
      (context: Awaited<ReturnType<typeof app.request>>) => context.update('n', () => 1),
    ]) {
      const { cookie } = await signIn(null, 'alice');
      await act(await app.request(cookie));
      expect((await stored(cookie)).idleMs).toBe(10 * MINUTE_MS);
    }
  });
});

describe('a session without an idle timeout', () => {
  const settings = { timeouts: { ...DEFAULTS, idleMs: NO_IDLE_MS } };

  it('a session without an idle timeout is touched once an hour, and lives until its absolute end', async () => {
    const { store, clock, signIn, request } = application(settings);
    const { cookie, record } = await signIn(null, 'alice');
    clock.advance(HOUR_MS - 1);
    expect((await request(cookie)).lastActiveAt).toBe(record.lastActiveAt);
    clock.advance(1);
    expect((await request(cookie)).lastActiveAt).toBe(store.now());
    clock.advance(7 * HOUR_MS - 1);
    expect(await store.load(record.id)).not.toBeNull();
    clock.advance(1);
    expect(await store.load(record.id)).toBeNull();
  });

  it('a session without an idle timeout gets one as soon as the function returns one', async () => {
    let isTrusted = true;
    const idleMs = () => Promise.resolve(isTrusted ? NO_IDLE_MS : 20 * MINUTE_MS);
    const { clock, signIn, request } = application({ timeouts: { ...DEFAULTS, idleMs } });
    const { cookie } = await signIn(null, 'alice');
    isTrusted = false;
    clock.advance(HOUR_MS);
    expect((await request(cookie)).idleMs).toBe(20 * MINUTE_MS);
  });
});
