import { setTimeout as wait } from 'node:timers/promises';
import {
  type Application,
  memoryApplication,
  ORIGIN,
  storeThatFails,
} from '../../../../../test/support/session-runtime.js';
import { until } from '../../../../../test/support/until.js';
import type { SessionContext } from '../request/session-context.js';
import type { SessionRuntime } from './runtime.js';
import type { SessionEnd, CompleteStore } from '../store/store.js';
import type { SessionId } from '../record/token.js';
import { sessionIdOf } from '../record/token.js';
import { watchEnd } from './watch.js';

const NEVER_MS = 3_600_000;
const SOON_MS = 5;

describe('a watch on the end of a session', () => {
  const stops: (() => void)[] = [];
  afterEach(() => stops.splice(0).forEach((stop) => stop()));

  function watch(runtime: Pick<SessionRuntime, 'store' | 'events'>, id: SessionId, everyMs: number) {
    const ends: SessionEnd[] = [];
    const errors: unknown[] = [];
    const stop = watchEnd(runtime, id, everyMs, {
      onEnd: (end) => ends.push(end),
      onError: (error) => errors.push(error),
    });
    stops.push(stop);
    const ended = () => until('the end', 5_000, () => ends.length > 0);
    return { ends, errors, stop, ended };
  }

  async function signedIn(app: Application, userId = 'alice') {
    const cookie = await app.clientThat((_session, context) => app.signIn(context, userId));
    return { cookie, id: sessionIdOf(cookie) };
  }

  const listenersOf = (app: Application) =>
    (app.runtime.events as unknown as { listeners: Map<string, Set<unknown>> }).listeners.get('*')?.size;

  /** Returns a runtime that notes the options of each lookup. */
  function withLooks(runtime: SessionRuntime) {
    const looks: unknown[] = [];
    const load: CompleteStore['load'] = (id, options) => {
      looks.push(options);
      return runtime.store.load(id, options);
    };
    const store = Object.create(runtime.store, { load: { value: load } }) as CompleteStore;
    return { runtime: { ...runtime, store }, looks };
  }

  it('polls at the given interval, even if that exceeds the maximum of a Node.js timer', async () => {
    const { app } = memoryApplication();
    const { id } = await signedIn(app);
    const { runtime, looks } = withLooks(app.runtime);
    watch(runtime, id, 25 * 24 * NEVER_MS);
    await wait(20);
    expect(looks).toHaveLength(1);
  });

  it('looks the session up where no cache answers, and only if an event may concern the session', async () => {
    const { app } = memoryApplication();
    const { id } = await signedIn(app);
    const other = await signedIn(app, 'bob');
    const { runtime, looks } = withLooks(app.runtime);
    watch(runtime, id, NEVER_MS);
    await app.events('signed-in');
    const context = await app.request(other.cookie);
    await context.regenerate(true);
    await context.destroy();
    app.runtime.events.emit('rotated', { sessionId: id, userId: 'alice' });
    await app.events('signed-out');
    expect(looks).toEqual([{ fresh: true }]);
  });

  it('reports nothing if it is stopped during a lookup', async () => {
    const { app, store } = memoryApplication();
    const { id } = await signedIn(app);
    let answer: (end: SessionEnd | null) => void = () => undefined;
    const slow = Object.assign(Object.create(store) as CompleteStore, {
      load: () => Promise.resolve(null),
      endOf: () => new Promise((resolve) => (answer = resolve)),
    });
    const { ends, stop } = watch({ ...app.runtime, store: slow }, id, NEVER_MS);
    await app.events('signed-in');
    stop();
    answer({ reason: 'revoked', at: null });
    await app.events('signed-in');
    expect(ends).toEqual([]);
  });

  it('reports at once that this process evicted the session, with the origin', async () => {
    const { app } = memoryApplication({ limit: { max: 1, onExceed: 'evict-oldest' } });
    const { id } = await signedIn(app);
    const { ends, ended } = watch(app.runtime, id, NEVER_MS);
    await signedIn(app);
    await ended();
    expect(ends).toEqual([{ reason: 'evicted', by: ORIGIN, at: expect.any(Number) as number }]);
  });

  const ACTS = {
    destroy: (context: SessionContext) => context.destroy(),
    regenerate: (context: SessionContext) => context.regenerate(true),
  };

  it.each([
    ['signed out', 'signed-out', ACTS.destroy],
    ['regenerated', 'replaced', ACTS.regenerate],
  ])('reports at once that the session was %s', async (_what, reason, act) => {
    const { app } = memoryApplication();
    const { id, cookie } = await signedIn(app);
    const { ends, ended } = watch(app.runtime, id, NEVER_MS);
    await act(await app.request(cookie));
    await ended();
    expect(ends).toMatchObject([{ reason }]);
  });

  it('reports at once that the application destroyed an anonymous session', async () => {
    const { app } = memoryApplication();
    const cookie = await app.clientThat((session) => (session['cart'] = [1]));
    const { ends, ended } = watch(app.runtime, sessionIdOf(cookie), NEVER_MS);
    await app.events('destroyed');
    await (await app.request(cookie)).destroy();
    await ended();
    expect(ends).toMatchObject([{ reason: 'destroyed' }]);
  });

  it('reports at once that the session was revoked', async () => {
    const { app, store } = memoryApplication();
    const { id } = await signedIn(app);
    const { ends, ended } = watch(app.runtime, id, NEVER_MS);
    await app.events('signed-in');
    await store.destroy(id, { reason: 'revoked' });
    app.runtime.events.emit('revoked', { sessionId: id, userId: 'alice' });
    await ended();
    expect(ends).toMatchObject([{ reason: 'revoked' }]);
  });

  it('reports at once that a further sign-in replaced the session', async () => {
    const { app } = memoryApplication();
    const { id, cookie } = await signedIn(app);
    const { ends, ended } = watch(app.runtime, id, NEVER_MS);
    await app.signIn(await app.request(cookie), 'alice');
    await ended();
    expect(ends).toMatchObject([{ reason: 'replaced' }]);
  });

  it('polling finds a session that another process or a timeout ended', async () => {
    const { app, store, clock } = memoryApplication();
    const revoked = await signedIn(app);
    const expired = await signedIn(app);
    const watches = [watch(app.runtime, revoked.id, SOON_MS), watch(app.runtime, expired.id, SOON_MS)];
    await store.destroy(revoked.id, { reason: 'revoked', by: ORIGIN });
    await watches[0]?.ended();
    clock.advance(NEVER_MS);
    await watches[1]?.ended();
    expect(watches.map(({ ends }) => ends[0])).toMatchObject([
      { reason: 'revoked', by: ORIGIN },
      { reason: 'expired', at: null },
    ]);
  });

  it('reports a session that ended before', async () => {
    const { app, store } = memoryApplication();
    const { id } = await signedIn(app);
    await store.destroy(id, { reason: 'signed-out' });
    const { ends, ended } = watch(app.runtime, id, NEVER_MS);
    await ended();
    expect(ends).toMatchObject([{ reason: 'signed-out' }]);
  });

  it('ignores ends of other sessions, and reports an end once', async () => {
    const { app } = memoryApplication();
    const { id, cookie } = await signedIn(app);
    const other = await signedIn(app);
    const { ends, ended } = watch(app.runtime, id, SOON_MS);
    await (await app.request(other.cookie)).destroy();
    await wait(10 * SOON_MS);
    expect(ends).toEqual([]);
    await (await app.request(cookie)).destroy();
    await ended();
    await wait(10 * SOON_MS);
    expect(ends).toHaveLength(1);
  });

  it('removes its listener at the end of the session, and when it is stopped', async () => {
    const { app } = memoryApplication();
    const before = listenersOf(app);
    const { id, cookie } = await signedIn(app);
    const stopped = watch(app.runtime, id, SOON_MS);
    const { ended } = watch(app.runtime, id, SOON_MS);
    stopped.stop();
    await (await app.request(cookie)).destroy();
    await ended();
    expect(stopped.ends).toEqual([]);
    expect(listenersOf(app)).toBe(before);
  });

  it('records no activity, so that the session expires', async () => {
    const { app, store, clock } = memoryApplication();
    const { id } = await signedIn(app);
    const { ends, ended } = watch(app.runtime, id, SOON_MS);
    clock.advance(20 * 60_000);
    await wait(10 * SOON_MS);
    expect((await store.load(id))?.lastActiveAt).toBe(store.now() - 20 * 60_000);
    clock.advance(20 * 60_000);
    await ended();
    expect(ends).toMatchObject([{ reason: 'expired' }]);
  });

  it('waits for a store that does not answer', async () => {
    const { app, store } = memoryApplication();
    const { id } = await signedIn(app);
    let isUnavailable = true;
    const failing = storeThatFails(store, 'load');
    const flaky = Object.assign(Object.create(store) as CompleteStore, {
      load: () => (isUnavailable ? failing.load(id) : store.load(id)),
      endOf: () => store.endOf(id),
    });
    const { ends, errors, ended } = watch({ ...app.runtime, store: flaky }, id, SOON_MS);
    await wait(10 * SOON_MS);
    expect({ ends, errors }).toEqual({ ends: [], errors: [] });
    await store.destroy(id, { reason: 'revoked' });
    isUnavailable = false;
    await ended();
    expect(ends).toMatchObject([{ reason: 'revoked' }]);
  });

  it('reports an error other than an outage, once', async () => {
    const { app, store } = memoryApplication();
    const { id } = await signedIn(app);
    const failure = new TypeError('a mistake');
    const wrong = Object.assign(Object.create(store) as CompleteStore, {
      load: () => Promise.reject(failure),
    });
    const { errors } = watch({ ...app.runtime, store: wrong }, id, SOON_MS);
    await until('the error', 5_000, () => errors.length > 0);
    await wait(5 * SOON_MS);
    expect(errors).toEqual([failure]);
  });
});
