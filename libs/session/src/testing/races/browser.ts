import { loadSession } from '../../core/request/load-session.js';
import type { TokenChange } from '../../core/request/client-token.js';
import { SessionContext } from '../../core/request/session-context.js';
import type { SessionRuntime } from '../../core/runtime/runtime.js';
import type { SignInSettings } from '../../core/request/sign-in.js';
import type { Origin, SessionRecord } from '../../core/store/store.js';
import type { Token } from '../../core/record/token.js';
import { GatedStore } from './gated-store.js';

/** A session's fields, of any name. */
type Data = Record<string, unknown>;

/** Settings of a single request. */
export interface VisitSettings extends Partial<Pick<SessionRuntime, 'limit' | 'rotation' | 'timeouts'>> {
  /** The store as this request sees it, for a test that holds what happens as it arrives. */
  readonly store?: GatedStore;
}

const ORIGIN: Origin = { device: 'Firefox on Linux', address: '192.0.2.1' };

/** A client with a jar for one cookie. Several of its requests can be under way at once. */
export class Browser {
  constructor(
    private readonly runtime: SessionRuntime,
    /** The cookie that it has now. */
    public token: Token | null = null,
  ) {}

  /** Sends a request with the cookie that it has now. */
  async visit({
    store = new GatedStore(this.runtime.store),
    ...settings
  }: VisitSettings = {}): Promise<Visit> {
    const { timeouts = this.runtime.anonymous.timeouts } = settings;
    const anonymous = { ...this.runtime.anonymous, timeouts };
    const runtime = { ...this.runtime, ...settings, anonymous, store };
    const loaded = await loadSession(runtime, this.token ? [this.token] : [], { origin: () => ORIGIN });
    return new Visit(new SessionContext(runtime, loaded), runtime, store, this);
  }

  /** Sends a request and runs it to its end. */
  async send(act: (visit: Visit) => unknown, settings: VisitSettings = {}): Promise<Visit> {
    const visit = await this.visit(settings);
    await act(visit);
    await visit.end();
    return visit;
  }

  /** Returns another browser with the same cookie, as after a theft or a lost response. */
  copy(): Browser {
    return new Browser(this.runtime, this.token);
  }
}

/** One request: it has arrived, and its handler does what the test says. */
export class Visit {
  /** Change that the response made to the cookie. */
  change: TokenChange = null;

  constructor(
    readonly context: SessionContext,
    private readonly runtime: SessionRuntime,
    /** The store as this request, and no other, sees it. */
    readonly store: GatedStore,
    private readonly browser: Browser,
  ) {}

  /** The fields of its session. */
  get data(): Data {
    return this.context.session as unknown as Data;
  }

  /** The session as it is stored, when there is one. */
  get record(): SessionRecord {
    const { record } = this.context;
    if (!record) throw new Error('this request has no session');
    return record;
  }

  signIn(userId: string, settings: Partial<SignInSettings> = {}): Promise<SessionRecord> {
    const { timeouts, persistent, keepDataOnSignIn: keepData } = this.runtime;
    const defaults = { timeouts, persistent, keepData, origin: ORIGIN };
    return this.context.signIn({ id: userId }, { ...defaults, ...settings });
  }

  /** Ends the request as the HTTP edge does, up to sending the response. */
  async answer(): Promise<TokenChange> {
    await this.context.finish();
    this.change = await this.context.tokenChange();
    this.context.markHeadersSent();
    return this.change;
  }

  /** Sends the response, and the browser stores its cookie. */
  async end(): Promise<TokenChange> {
    const change = await this.answer();
    if (change) this.browser.token = change.kind === 'set' ? change.token : null;
    return change;
  }
}
