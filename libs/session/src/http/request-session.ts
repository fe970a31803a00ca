import type { IncomingHttpHeaders } from 'node:http';
import { RETRY_AFTER_SECONDS } from '../core/errors/errors.js';
import { loadAtOnce, loadSession } from '../core/request/load-session.js';
import type { Client, LoadedSession } from '../core/request/loaded-session.js';
import { anonymousSession } from '../core/request/loaded-session.js';
import type { PrincipalSource, SessionRuntime } from '../core/runtime/runtime.js';
import { isFinishDue } from '../core/request/finish-due.js';
import { SessionContext } from '../core/request/session-context.js';
import type { SessionObject } from '../core/session/session.js';
import type { Meter, RequestState } from '../core/runtime/statistics.js';
import type { Origin } from '../core/store/store.js';
import { UnreachableStore } from '../core/store/unreachable.store.js';
import type { SessionUser } from '../core/runtime/user.js';
import { isPassportActive, passportUserOf } from '../passport/passport-request.js';
import type { CsrfPolicy } from './csrf/csrf-policy.js';
import type { CurrentUsers } from './current-user.js';
import type { DeviceNaming } from './device.js';
import { originOf } from './device.js';
import type { HttpError } from './http-error.js';
import { toHttpError } from './http-error.js';
import type { ExclusionTest } from './exclusion.js';
import { excludedError, notLoadedError, unmountedError } from './missing-session.js';
import type { ErrorLog } from './report.js';
import { report } from './report.js';
import type { OutagePolicy, RawRequest, RawResponse, SessionLoading } from './request.js';
import type { ResponseHooks } from './response-gate.js';
import { ResponseGate } from './response-gate.js';
import type { CacheHeads, HeadChange } from './response-head.js';
import { UNCHANGED } from './response-head.js';
import type { SessionHolder } from './session-property.js';
import { attachHolder, hasLostSession, holderOf, lostSessionError } from './session-property.js';
import type { HeaderLine, TokenTransport, TransportRequest } from './token-transport.js';

/** Headers that protect a user's data in the browser and in proxies. */
export interface ResponseHeaders {
  /** True if responses for signed-in users must not be cached. */
  readonly noStore: boolean;
  /** The header line of a response that signs a user out; `null` for none. */
  readonly signOutLine: HeaderLine | null;
}

/** The parts that the sessions of all HTTP requests of an application share. */
export interface HttpSessions {
  readonly runtime: SessionRuntime;
  readonly transport: TokenTransport;
  readonly users: CurrentUsers;
  /** Names the device of a request; by default by its `User-Agent` header. */
  readonly device: DeviceNaming | undefined;
  /** Policy for requests whose session cannot be loaded, unless their handler has another. */
  readonly onOutage: OutagePolicy;
  readonly responses: ResponseHeaders;
  /** The time at which sessions are loaded. */
  readonly load: SessionLoading;
  /** Recognizes the requests that get no session; `null` if all get one. */
  readonly exclude: ExclusionTest | null;
  readonly csrf: CsrfPolicy;
  readonly heads: CacheHeads;
  readonly meter: Meter;
  readonly logger: ErrorLog;
}

/**
 * State of the session of a request.
 *
 * - `arriving`: the session is not available yet, because the request has not passed the middleware, or waits there
 * - `excluded`: the request gets no session
 * - `deferred`: the first use loads the session
 * - `loaded`: the session was loaded, or could not be
 */
type Phase = 'arriving' | 'excluded' | 'deferred' | 'loaded';

/**
 * The session of one HTTP request, from before it is loaded until after the response.
 *
 * A class, like all objects that live as long as a request and refer to it: V8 may pretenure objects that a literal
 * creates at one place, and then everything that they refer to outlives the request too.
 */
export class RequestSession
  implements SessionHolder, Client, PrincipalSource, ResponseHooks, TransportRequest
{
  front: object | null = null;
  /** True if a guard has checked the user, so that the response may be for that user alone. */
  isUserChecked = false;
  /** Policy of the handler if the session cannot be loaded; `null` for that of the application. */
  outagePolicy: OutagePolicy | null = null;
  private runtime: SessionRuntime;
  private phase: Phase = 'arriving';
  private loading: Promise<void> | null = null;
  /** The error that prevented loading. */
  private failure: Error | null = null;
  private loaded: LoadedSession | null = null;
  private usedContext: SessionContext | null = null;
  private gate: ResponseGate | null = null;
  private isConnectionHttps: boolean | null = null;
  private areHeadersSent = false;
  private failuresBefore = 0;
  private isOutageCounted = false;

  constructor(
    readonly http: HttpSessions,
    readonly request: RawRequest,
  ) {
    this.runtime = http.runtime;
    attachHolder(request, this);
  }

  get isStarted(): boolean {
    return this.phase !== 'arriving';
  }

  /** True if the session could not be loaded, or is not loaded yet, so that a policy for outages matters. */
  get mayLack(): boolean {
    return this.failure !== null || this.phase === 'deferred';
  }

  /** True if the client presents a token of a session that the request could use, valid or not. */
  get presentsToken(): boolean {
    return this.phase !== 'excluded' && this.http.transport.read(this).length > 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get isHttps(): boolean {
    return (this.isConnectionHttps ??= this.request.protocol === 'https');
  }

  get session(): SessionObject {
    const context = this.getContext();
    context.accessed = true;
    return context.session;
  }

  /** Wraps the response before Express gives it another prototype; see {@link attachHolder}. */
  watch(response: RawResponse): void {
    this.gate = new ResponseGate(response);
  }

  /** Counts failures of the store from here on; see {@link addRetryAfter}. */
  countFailures(): void {
    this.failuresBefore = this.http.meter.failures;
  }

  /** Watches the response from here on, and adds to its head whatever the session needs. */
  open(response: RawResponse): void {
    (this.gate ??= new ResponseGate(response)).open(this);
  }

  /** Leaves the request without a session. */
  exclude(): void {
    this.phase = 'excluded';
  }

  /** Leaves loading to the first use of the session. */
  defer(): void {
    this.phase = 'deferred';
  }

  /**
   * Loads the session unless that has happened: once, however many callers there are. Returns `null` if there is nothing to
   * wait for. Never rejects: if loading fails, {@link getContext} throws the error.
   */
  load(): Promise<void> | null {
    if (this.phase === 'loaded' || this.phase === 'excluded') return null;
    return (this.loading ??= this.startLoading());
  }

  /** Returns the result of a function that uses the session: at once if the session was loaded, else when it is. */
  whenLoaded<T>(use: () => T | Promise<T>): T | Promise<T> {
    const loading = this.load();
    return loading ? loading.then(use) : use();
  }

  /** Returns the context. @throws SessionUnavailableError when it could not be loaded and the policy is `fail` */
  getContext(): SessionContext {
    if (this.failure && (this.outagePolicy ?? this.http.onOutage) === 'fail') throw this.failure;
    return this.context;
  }

  /** Returns the context, for access checks. @throws SessionUnavailableError when it could not be loaded */
  getLoadedContext(): SessionContext {
    if (this.failure) throw this.failure;
    return this.context;
  }

  origin(): Origin {
    return originOf(this.request, this.http.device);
  }

  isActive(): boolean {
    return isPassportActive(this.request, this.front);
  }

  userOf(id: string): SessionUser | null {
    return passportUserOf(this.request, this.front, id);
  }

  beforeHead(response: RawResponse): HeadChange | Promise<HeadChange> | null {
    if (response.statusCode === 503) this.addRetryAfter(response);
    else if (this.failure) this.countOutage('anonymous');
    if (this.phase === 'deferred' && !this.loading) this.http.meter.states.notLoaded += 1;
    if (this.isUnused) {
      this.areHeadersSent = true;
      return null;
    }
    if (!this.loaded) return this.rejectLoss();
    const { context } = this;
    if (!context.isIdle || context.mayChangeToken || this.isLost) return this.finish(context);
    context.markHeadersSent();
    return this.cacheHeaders(context);
  }

  beforeEnd(): Promise<void> | null {
    if (!this.usedContext && !this.isFinishDue) return null;
    const { context } = this;
    return context.isIdle ? null : context.finish();
  }

  toErrorResponse(error: unknown): HttpError {
    const answer = toHttpError(error);
    if (answer.statusCode >= 500) report(this.http.logger, error);
    if (answer.statusCode === 503) this.countOutage('rejected');
    return answer;
  }

  onLateError(error: unknown): void {
    report(this.http.logger, error);
  }

  private startLoading(): Promise<void> | null {
    const { runtime } = this;
    const values = this.http.transport.read(this);
    const atOnce = loadAtOnce(runtime, values, this);
    if (atOnce) {
      this.accept(atOnce);
      return null;
    }
    return loadSession(runtime, values, this).then(
      (loaded) => this.accept(loaded),
      (error: Error) => this.acceptFailure(error),
    );
  }

  private accept(loaded: LoadedSession): void {
    this.http.meter.states[stateOf(loaded)] += 1;
    this.loaded = loaded;
    this.phase = 'loaded';
  }

  /** Continues without a session. The client's token stays as it is. */
  private acceptFailure(error: Error): void {
    const { runtime } = this;
    const loaded = anonymousSession(this);
    loaded.failure = error;
    this.failure = error;
    this.runtime = { ...runtime, store: new UnreachableStore(runtime.store, error) };
    this.accept(loaded);
  }

  /** Rejects the response because the session was deleted from the request before anything had loaded it. */
  private rejectLoss(): Promise<HeadChange> {
    this.areHeadersSent = true;
    return Promise.resolve({ ...UNCHANGED, instead: this.toErrorResponse(lostSessionError(this.request)) });
  }

  private async finish(context: SessionContext): Promise<HeadChange> {
    let instead: HttpError | undefined;
    try {
      await context.finishBeforeHead();
      if (this.isLost) throw lostSessionError(this.request);
    } catch (error) {
      instead = this.toErrorResponse(error);
    }
    // Also if the changes could not be stored, because an earlier operation may have changed the token.
    const tokenLines = context.mayChangeToken ? await this.tokenLines(context) : [];
    const { signOutLine } = this.http.responses;
    if (signOutLine && !instead && context.hasSignedOut) tokenLines.push(signOutLine);
    const head = tokenLines.length > 0 ? this.http.heads.varies : UNCHANGED;
    return { ...(this.cacheHeaders(context) ?? head), tokenLines, ...(instead && { instead }) };
  }

  private async tokenLines(context: SessionContext): Promise<HeaderLine[]> {
    const { transport } = this.http;
    const change = await context.tokenChange();
    if (change === null) return [];
    const lines =
      change.kind === 'clear'
        ? transport.clear(this)
        : transport.set(this, change.token, change.persistentForMs);
    return [...lines];
  }

  /** Returns the headers for caches; `null` if the response does not depend on the token. */
  private cacheHeaders(context: SessionContext): HeadChange | null {
    const { responses, heads } = this.http;
    if (responses.noStore && this.isUserChecked) return heads.variesUnstored;
    return context.accessed ? heads.varies : null;
  }

  /** True if the application has not looked at the session, and there is nothing else to do. */
  private get isUnused(): boolean {
    return !this.usedContext && !this.isFinishDue && !this.isLost;
  }

  private get isFinishDue(): boolean {
    return this.loaded !== null && isFinishDue(this.runtime, this.loaded);
  }

  private get isLost(): boolean {
    return hasLostSession(this.request, this.front);
  }

  /** The context, created when it is first used: many requests never look at their session. */
  private get context(): SessionContext {
    return (this.usedContext ??= this.createContext());
  }

  private createContext(): SessionContext {
    if (!this.loaded) throw this.phase === 'excluded' ? excludedError() : notLoadedError();
    const context = new SessionContext(this.runtime, this.loaded, this);
    if (this.areHeadersSent) context.markHeadersSent();
    return context;
  }

  /** Counts the outcome of this request during an outage, once. */
  private countOutage(decision: 'rejected' | 'anonymous'): void {
    if (this.isOutageCounted) return;
    this.isOutageCounted = true;
    this.http.meter.outages[decision] += 1;
  }

  /** Adds `Retry-After` to a 503 of the application, whose exception filters know the status only. */
  private addRetryAfter(response: RawResponse): void {
    const hasFailed = this.failure !== null || this.http.meter.failures > this.failuresBefore;
    if (hasFailed) this.countOutage('rejected');
    if (hasFailed && !response.hasHeader('Retry-After')) {
      response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    }
  }
}

function stateOf({ record, failure }: LoadedSession): RequestState {
  if (failure) return 'unavailable';
  if (!record) return 'none';
  return record.userId === null ? 'anonymous' : 'signedIn';
}

/** Returns the session of a request that has passed the session module; `null` for any other. */
export function findRequestSession(request: object): RequestSession | null {
  const holder = holderOf(request);
  return holder?.isStarted ? (holder as RequestSession) : null;
}

/** Returns the session of a request. @throws SessionUsageError when the request has not passed the session module */
export function requestSessionOf(request: object): RequestSession {
  const session = findRequestSession(request);
  if (session) return session;
  throw unmountedError();
}
