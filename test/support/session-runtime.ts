import { setImmediate as settle } from 'node:timers/promises';
import {
  completeStore,
  loadSession,
  type Origin,
  SessionContext,
  type SessionEvent,
  SessionEvents,
  type SessionEventType,
  type SessionRuntime,
  type SessionStore,
  SessionTally,
  SessionUnavailableError,
  type SignInSettings,
  type Token,
} from 'nestjs-redis-session/core';
import { jsonCodec } from '../../libs/session/src/data/json.codec.js';
import { MemoryStore } from '../../libs/session/src/memory/memory.store.js';
import { passportPrincipal } from '../../libs/session/src/passport/passport.principal.js';

const NOTICE_TTL_MS = 10 * 60_000;

/** Origin of the clients in these tests. */
export const ORIGIN: Origin = { device: 'Firefox on Linux', address: '192.0.2.1' };

/** A session's fields, of any name. */
export type Data = Record<string, unknown>;

/** A clock that tests advance by hand. */
export class FakeClock {
  private time = Date.UTC(2026, 0, 1);

  now = (): number => this.time;

  advance(ms: number): void {
    this.time += ms;
  }
}

/** The core without Nest and HTTP: requests are contexts, and cookies are passed by hand. */
export class Application {
  readonly runtime: SessionRuntime;
  private readonly told: SessionEvent[] = [];

  constructor(store: SessionStore, settings: Partial<SessionRuntime> = {}) {
    const events = new SessionEvents(store, (_type, error) => {
      throw error;
    });
    events.on('*', (event) => this.told.push(event));
    this.runtime = {
      store: completeStore(store),
      events,
      timeouts: { idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000 },
      limit: { max: Infinity, onExceed: 'evict-oldest' },
      size: { maxBytes: 65_536, warnBytes: 4_096 },
      anonymous: {
        timeouts: settings.timeouts ?? { idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000 },
        maxBytes: 65_536,
      },
      rotation: { everyMs: null, graceMs: 30_000, revokeOnReuse: false },
      keepDataOnSignIn: true,
      persistent: false,
      codec: jsonCodec('strict'),
      rules: null,
      principal: passportPrincipal(),
      tally: new SessionTally(),
      ...settings,
    };
  }

  /** Starts a request with these cookies. */
  async request(...cookies: readonly (string | null)[]): Promise<SessionContext> {
    const values = cookies.filter((cookie) => cookie !== null);
    const loaded = await loadSession(this.runtime, values, { origin: () => ORIGIN });
    return new SessionContext(this.runtime, loaded);
  }

  /** Signs a user in with the module's options. */
  signIn(context: SessionContext, userId: string, settings: Partial<SignInSettings> = {}) {
    const { timeouts, persistent, keepDataOnSignIn: keepData } = this.runtime;
    return context.signIn({ id: userId }, { timeouts, persistent, keepData, origin: ORIGIN, ...settings });
  }

  /** Runs the first request of a new client and returns its cookie. */
  async clientThat(acts: (session: Data, context: SessionContext) => unknown): Promise<Token> {
    const context = await this.request(null);
    await acts(dataOf(context), context);
    return cookieAfter(context);
  }

  /** Returns the events of one type so far. */
  async events<T extends SessionEventType>(type: T): Promise<SessionEvent<T>[]> {
    await settle();
    return this.told.filter((event) => event.type === type) as unknown as SessionEvent<T>[];
  }
}

/** Creates an application on a memory store with a clock that tests advance. */
export function memoryApplication(settings: Partial<SessionRuntime> = {}) {
  const clock = new FakeClock();
  const store = new MemoryStore({ noticeTtlMs: NOTICE_TTL_MS, clock });
  return { clock, store, app: new Application(store, settings) };
}

/** Returns the session's own fields, as a handler sees them. */
export function dataOf(context: SessionContext): Data {
  return context.session as unknown as Data;
}

/** Ends a request that gives its client a cookie, and answers that. */
export async function cookieAfter(context: SessionContext): Promise<Token> {
  const change = await changeAfter(context);
  if (change?.kind !== 'set') throw new Error(`expected a cookie, got ${JSON.stringify(change)}`);
  return change.token;
}

/** Ends a request as the HTTP edge does, and answers how the cookie changes. */
export async function changeAfter(context: SessionContext) {
  await context.finish();
  const change = await context.tokenChange();
  context.markHeadersSent();
  return change;
}

/** Creates a store on which one operation fails, as if Redis did not answer: always, or during an outage. */
export function storeThatFails(
  store: SessionStore,
  operation: keyof SessionStore,
  isUnavailable = () => true,
): SessionStore {
  const fail = () => Promise.reject(new SessionUnavailableError(operation, new Error('no answer')));
  return new Proxy(store, {
    get: (target, name) => {
      if (name === operation && isUnavailable()) return fail;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
