import {
  Application,
  changeAfter,
  cookieAfter,
  dataOf,
  memoryApplication,
} from '../../../../../test/support/session-runtime.js';
import type { SessionContext } from './session-context.js';
import { SessionCookiesError, SessionEndedError, SessionUnavailableError } from '../errors/errors.js';
import type { Token } from '../record/token.js';
import { mintToken, randomShard, sessionIdOf } from '../record/token.js';

const visitor = (app: Application) => app.clientThat((session) => (session['cart'] = [1]));
const member = (app: Application, userId: string) =>
  app.clientThat((_session, context) => app.signIn(context, userId));
const unknown = () => mintToken(randomShard());
const liveOf = async (app: Application, cookies: readonly Token[]) =>
  Promise.all(cookies.map(async (cookie) => (await app.request(cookie)).record !== null));

/** Creates an application, and a browser with cookies of Alice, of Mallory and of an anonymous session under one name. */
async function crowdedBrowser(settings = {}) {
  const stage = memoryApplication(settings);
  const { app } = stage;
  const cookies = [await member(app, 'alice'), await member(app, 'mallory'), await visitor(app)];
  return { ...stage, cookies, ids: cookies.map(sessionIdOf) };
}

describe('cookies of several sessions in one request', () => {
  it('cookies of several sessions open none of them, and a request that only reads keeps them', async () => {
    const { app, cookies, ids } = await crowdedBrowser();
    const context = await app.request(...cookies);
    expect([context.record, await context.end()]).toEqual([null, null]);
    expect(await changeAfter(context)).toBeNull();
    expect(await liveOf(app, cookies)).toEqual([true, true, true]);
    expect(await app.events('ambiguous-cookie')).toMatchObject([{ sessionIds: ids, cookies: 3 }]);
  });

  it.each<[string, (context: SessionContext) => Promise<unknown>, string]>([
    ['a sign-out', (context) => context.destroy(), 'signed-out'],
    ['a regeneration', (context) => context.regenerate(true), 'replaced'],
    ['a fresh start', (context) => context.startOver(), 'replaced'],
  ])('%s ends the sessions of all cookies, and clears the cookies', async (_what, act, reason) => {
    const { app, store, cookies, ids } = await crowdedBrowser();
    const context = await app.request(...cookies);
    await act(context);
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    expect(store.size).toBe(0);
    expect(await store.endOf(ids[0]!)).toMatchObject({ reason });
    expect(await app.events('signed-out')).toMatchObject([
      { sessionId: ids[0], userId: 'alice' },
      { sessionId: ids[1], userId: 'mallory' },
    ]);
    expect(await app.events('destroyed')).toMatchObject([{ sessionId: ids[2] }]);
  });

  it('a sign-in ends the sessions of all cookies, and leaves one session', async () => {
    const { app, store, cookies, ids } = await crowdedBrowser();
    const context = await app.request(...cookies);
    dataOf(context)['written'] = 'here';
    const { id } = await app.signIn(context, 'alice');
    const token = await cookieAfter(context);
    expect(store.size).toBe(1);
    expect((await store.load(id))?.fields).toEqual(new Map([['written', '"here"']]));
    for (const ended of ids) expect(await store.endOf(ended)).toMatchObject({ reason: 'replaced' });
    // The browser may have kept the other cookies. They open nothing, so the new cookie counts.
    const next = await app.request(...cookies, token);
    expect(next.record?.userId).toBe('alice');
    expect(await changeAfter(next)).toBeNull();
  });

  it('sessions of further cookies do not count towards the limit of the user who signs in', async () => {
    const limit = { max: 1, onExceed: 'reject' } as const;
    const { app, store } = memoryApplication();
    const mine = [await member(app, 'alice'), await member(app, 'alice'), await member(app, 'bob')];
    const limited = new Application(store, { limit });
    await limited.signIn(await limited.request(...mine), 'alice');
    expect((await store.list('alice')).length).toBe(1);
    expect(store.size).toBe(1);
  });

  it('a write creates one new session with its cookie, and ends no session of the presented cookies', async () => {
    const { app, store, cookies } = await crowdedBrowser();
    const context = await app.request(...cookies);
    dataOf(context)['cart'] = [2];
    const token = await cookieAfter(context);
    expect(await liveOf(app, [...cookies, token])).toEqual([true, true, true, true]);
    expect(store.size).toBe(4);
  });

  it('late requests with replaced cookies change no cookie and write nothing', async () => {
    const { app, store, cookies } = await crowdedBrowser();
    const [reading, writing, leaving] = await Promise.all([1, 2, 3].map(() => app.request(...cookies)));
    const signingIn = await app.request(...cookies);
    await app.signIn(signingIn, 'alice');
    await cookieAfter(signingIn);
    dataOf(writing!)['late'] = 1;
    await expect(leaving!.destroy()).rejects.toThrow(SessionEndedError);
    for (const late of [reading, writing, leaving]) expect(await changeAfter(late!)).toBeNull();
    expect(store.size).toBe(1);
  });

  it('rejects the sign-out and the sign-in if the session of one cookie could not be ended', async () => {
    const { app, store, cookies } = await crowdedBrowser();
    const failing = new Proxy(store, {
      get: (target, name) =>
        name === 'destroy'
          ? () => Promise.reject(new SessionUnavailableError('end a session', new Error('no answer')))
          : (Reflect.get(target, name) as unknown),
    });
    const broken = new Application(failing);
    const context = await broken.request(...cookies);
    await expect(context.destroy()).rejects.toThrow(SessionUnavailableError);
    await expect(broken.signIn(await broken.request(...cookies), 'carol')).rejects.toThrow(
      SessionUnavailableError,
    );
    expect(await liveOf(app, cookies)).toEqual([true, true, true]);
  });
});

describe('several cookies of one name', () => {
  it('uses the only cookie that opens a session', async () => {
    const { app } = memoryApplication();
    const cookie = await member(app, 'alice');
    const context = await app.request(unknown(), 'malformed', cookie, unknown());
    expect(context.record?.userId).toBe('alice');
    expect(await changeAfter(context)).toBeNull();
  });

  it('ignores malformed cookies in any number, and still finds cookies of two sessions ambiguous', async () => {
    const { app } = memoryApplication();
    const [theirs, mine] = [await member(app, 'mallory'), await member(app, 'alice')];
    const context = await app.request(theirs, ...Array.from({ length: 9 }, (_, n) => `x${n}`), mine);
    expect(context.record).toBeNull();
    expect(await app.events('ambiguous-cookie')).toMatchObject([{ cookies: 2 }]);
  });

  it('clears cookies of which none opens a session, unless one of them was replaced', async () => {
    const { app } = memoryApplication();
    const cookie = await visitor(app);
    expect(await changeAfter(await app.request(unknown(), unknown()))).toEqual({ kind: 'clear' });
    await app.signIn(await app.request(cookie), 'alice');
    expect(await changeAfter(await app.request(unknown(), cookie))).toBeNull();
  });

  it('treats cookies as ambiguous if one of them is an old token of another session', async () => {
    const rotation = { everyMs: 60_000, graceMs: 10_000, revokeOnReuse: false };
    const { app, clock } = memoryApplication({ rotation });
    const old = await member(app, 'alice');
    clock.advance(60_000);
    const current = await cookieAfter(await app.request(old));
    await changeAfter(await app.request(current));
    clock.advance(10_000);
    const theirs = await member(app, 'mallory');
    expect((await app.request(theirs, old)).record).toBeNull();
    expect((await app.request(old, current)).record?.userId).toBe('alice');
  });

  it('looks up four of sixteen cookies and uses none, and a sign-out ends all sixteen sessions', async () => {
    const { app, store } = memoryApplication();
    const cookies = await Promise.all(Array.from({ length: 16 }, () => member(app, 'alice')));
    const loads: unknown[] = [];
    const counting = new Application(
      new Proxy(store, {
        get: (target, name) => {
          if (name === 'load') loads.push(name);
          return Reflect.get(target, name) as unknown;
        },
      }),
    );
    const context = await counting.request(...cookies);
    expect([context.record, loads.length]).toEqual([null, 4]);
    expect(await counting.events('ambiguous-cookie')).toMatchObject([
      { sessionIds: cookies.slice(0, 4).map(sessionIdOf), cookies: 16 },
    ]);
    await context.destroy();
    expect(store.size).toBe(0);
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });

  it('a sign-out also ends the session of a fifth cookie, and clears all cookies', async () => {
    const { app, store } = memoryApplication();
    const cookies = [...Array.from({ length: 4 }, unknown), await member(app, 'alice')];
    const context = await app.request(...cookies);
    expect(context.record).toBeNull();
    expect(await app.events('ambiguous-cookie')).toEqual([]);
    await context.destroy();
    expect(store.size).toBe(0);
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });

  it('a sign-out with more than sixteen cookies ends sixteen sessions, and rejects because more may be live', async () => {
    const { app, store } = memoryApplication();
    const cookies = await Promise.all(Array.from({ length: 17 }, () => visitor(app)));
    const context = await app.request(...cookies);
    await expect(context.destroy()).rejects.toThrow(SessionCookiesError);
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
    expect(store.size).toBe(1);
  });
});

describe('a forged token that contains the ID of a session', () => {
  const forged = (cookie: Token) => `${sessionIdOf(cookie)}${'A'.repeat(65)}` as Token;

  it('a sign-in with a forged token does not change the notice of the session that it names', async () => {
    const { app, store } = memoryApplication();
    const cookie = await visitor(app);
    const id = sessionIdOf(cookie);
    await store.destroy(id, { reason: 'revoked' });
    await app.signIn(await app.request(forged(cookie)), 'mallory');
    expect(await store.endOf(id)).toMatchObject({ reason: 'revoked' });
    // So the victim's cookie is cleared, and the victim's next write is kept.
    expect(await changeAfter(await app.request(cookie))).toEqual({ kind: 'clear' });
    const writing = await app.request(cookie);
    dataOf(writing)['cart'] = [2];
    expect((await app.request(await cookieAfter(writing))).record?.fields.get('cart')).toBe('[2]');
  });

  it.each<[string, (context: SessionContext, app: Application) => Promise<unknown>]>([
    ['signs in', (context, app) => app.signIn(context, 'mallory')],
    ['signs out', (context) => context.destroy()],
    ['regenerates', (context) => context.regenerate(true)],
    ['starts over', (context) => context.startOver()],
  ])('changes nothing under the ID in a forged token when its sender %s', async (_what, act) => {
    const { app, store } = memoryApplication();
    const cookie = await visitor(app);
    const touched: unknown[] = [];
    // A record that this version cannot read counts as absent.
    const unreadable = new Proxy(store, {
      get: (target, name) => {
        if (name === 'load') return () => Promise.resolve(null);
        const member = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        if (name !== 'destroy') return member;
        return (...args: unknown[]) => {
          touched.push(args[0]);
          return member.apply(target, args);
        };
      },
    });
    const newer = new Application(unreadable);
    const context = await newer.request(forged(cookie));
    await act(context, newer);
    await changeAfter(context);
    expect(touched).not.toContain(sessionIdOf(cookie));
    expect((await app.request(cookie)).record).not.toBeNull();
  });

  it('a sign-in retires the rotated token that its browser presented', async () => {
    const rotation = { everyMs: 60_000, graceMs: 10_000, revokeOnReuse: false };
    const { app, clock, store } = memoryApplication({ rotation });
    const first = await visitor(app);
    clock.advance(60_000);
    const second = await cookieAfter(await app.request(first));
    await store.destroy(sessionIdOf(first), { reason: 'revoked' });
    const late = await app.request(second);
    await app.signIn(await app.request(second), 'alice');
    expect(await changeAfter(late)).toBeNull();
    expect(await store.endOf(sessionIdOf(first))).toMatchObject({ reason: 'revoked' });
  });
});

it('a sign-in replaces a session of its user among several cookies, so that the limit has room', async () => {
  const { app, store } = memoryApplication({ limit: { max: 1, onExceed: 'reject' } });
  const cookies = [await visitor(app), await member(app, 'alice')];
  const { id } = await app.signIn(await app.request(...cookies), 'alice');
  expect((await store.list('alice')).map((session) => session.id)).toEqual([id]);
});

it('treats a client as anonymous if only some of its many cookies are looked up at once', async () => {
  const { app } = memoryApplication();
  const cookie = await visitor(app);
  const others = Array.from({ length: 4 }, unknown);
  expect((await app.request(cookie, ...others.slice(1))).record?.id).toBe(sessionIdOf(cookie));
  expect((await app.request(cookie, ...others)).record).toBeNull();
  expect(await app.events('ambiguous-cookie')).toMatchObject([{ cookies: 5 }]);
});
