import type { Server } from 'node:http';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { anonymousArrival, arrive } from '../core/arrival.js';
import { SessionContext } from '../core/context.js';
import { RETRY_AFTER_SECONDS } from '../core/errors.js';
import { unreachableStore } from '../core/unreachable.store.js';
import type { SessionRuntime } from '../core/runtime.js';
import { Meter } from '../core/statistics.js';
import type { Origin } from '../core/store.js';
import type { Arrival } from '../core/unit-of-work.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { bridgePassport } from '../passport/passport.bridge.js';
import { PassportAtWork } from '../passport/passport.user.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from './session.tokens.js';
import { SessionCookie } from '../http/cookie.js';
import { secureWarning } from '../http/secure-warning.js';
import { CurrentUsers } from '../http/current-user.js';
import { originOf } from '../http/device.js';
import { defineForeignProperties, FOREIGN_PROPERTIES } from '../http/foreign-properties.js';
import type { HttpError } from '../http/http-error.js';
import { toHttpError } from '../http/http-error.js';
import type { Outage, RawRequest, RawResponse, RequestState } from '../http/request.js';
import { report } from '../http/report.js';
import {
  attachSession,
  foreignSessionError,
  hasForeignSession,
  hasLostSession,
  lostSessionError,
  prepareFront,
  prepareRequest,
  refuseSession,
  sessionOf,
} from '../http/request.js';
import type { GateKeeper } from '../http/response-gate.js';
import { ResponseGate } from '../http/response-gate.js';
import type { HeadChange } from '../http/response-head.js';
import { VARIES, VARIES_UNSTORED } from '../http/response-head.js';

type Next = (error?: unknown) => void;

type FastifyInstance = Parameters<typeof bridgePassport>[0] & {
  hasRequestDecorator(name: string): boolean;
  decorateRequest(name: string, property: { getter(this: object): unknown; setter(): never }): unknown;
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: RawRequest }, reply: unknown, done: () => void) => void,
  ): unknown;
};

/**
 * A request with a session on it. An instance of a class, as everything that lives as long as a request and leads to it
 * should be: the engine may come to allocate what an object literal makes in the old generation, and then all that it
 * leads to outlives the request too.
 */
class Visit {
  context!: SessionContext;
  state!: RequestState;
  isSecure = false;
  /** Whether the request has several cookies of the session's name, with whatever values. */
  hasSeveralCookies = false;

  constructor(
    readonly request: RawRequest,
    readonly response: RawResponse,
    /** How many calls to the store had failed when the request came. */
    readonly failuresBefore: number,
  ) {}
}

/**
 * Gives every request its session, on Express and on Fastify alike.
 *
 * It mounts itself as soon as Nest has an HTTP adapter, ahead of everything that the application mounts in `main.ts`,
 * so that `passport.session()` and the like find the session there.
 */
@Injectable()
export class SessionMiddleware implements OnModuleInit {
  private readonly logger = new Logger('SessionModule');
  private readonly cookie: SessionCookie;
  private readonly users: CurrentUsers;
  private readonly keeper: GateKeeper<Visit> = {
    beforeHead: (visit) => this.beforeHead(visit),
    beforeEnd: ({ context }) => (context.isIdle ? null : context.finish()),
    onFailure: (error) => this.toAnswer(error),
    onLateFailure: (error) => report(this.logger, error),
  };
  private hasWarnedAboutSecure = false;
  private mountFailure: Error | null = null;

  constructor(
    @Inject(SESSION_RUNTIME) private readonly runtime: SessionRuntime,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly meter: Meter,
    private readonly host: HttpAdapterHost,
  ) {
    this.cookie = new SessionCookie(options.cookie);
    this.users = new CurrentUsers(options.users, runtime.principal);
    host.init$.subscribe(() => this.tryToMount());
  }

  /** The server was not there yet when the middleware was mounted. */
  onModuleInit(): void {
    if (this.mountFailure) throw this.mountFailure;
    const { httpAdapter } = this.host as { httpAdapter?: HttpAdapterHost['httpAdapter'] };
    if (httpAdapter?.getType() !== 'express') return;
    const server = httpAdapter.getHttpServer() as Server | undefined;
    server?.prependListener('request', (request, response) => {
      prepareRequest(request);
      new ResponseGate(response);
    });
  }

  /** What is thrown to a subject does not reach the start of the application, so that fails with it in `onModuleInit`. */
  private tryToMount(): void {
    try {
      this.mount(this.host);
    } catch (error) {
      this.mountFailure = error as Error;
    }
  }

  private mount({ httpAdapter }: HttpAdapterHost): void {
    // An application context without HTTP has no adapter.
    if (!httpAdapter) return;
    httpAdapter.use(this.handle);
    if (httpAdapter.getType() === 'fastify') decorate(httpAdapter.getInstance<FastifyInstance>());
    if (httpAdapter.getType() === 'express')
      defineForeignProperties(httpAdapter.getInstance<{ readonly request: object }>().request);
  }

  private readonly handle = (request: RawRequest, response: RawResponse, next: Next): void => {
    if (hasForeignSession(request)) return next(foreignSessionError());
    this.meter.requests += 1;
    const visit = new Visit(request, response, this.meter.failures);
    visit.isSecure = this.isSecure(visit.request);
    const values = this.cookie.read(visit.request.headers.cookie, visit.isSecure);
    visit.hasSeveralCookies = values.length > 1;
    if (values.length > 0) return void this.arrive(visit, values).then(next, next);
    this.begin(visit, anonymousArrival(this.runtime, this.originOf(visit)));
    next();
  };

  private async arrive(visit: Visit, values: readonly string[]): Promise<void> {
    try {
      this.begin(visit, await arrive(this.runtime, values, this.originOf(visit)));
    } catch (error) {
      this.beginWithout(visit, error as Error);
    }
  }

  private originOf({ request }: Visit): () => Origin {
    return () => originOf(request, this.options.device);
  }

  /** The session could not be loaded. What the client holds stays as it is. */
  private beginWithout(visit: Visit, error: Error): void {
    const store = unreachableStore(error, () => this.runtime.store.now());
    const arrival = anonymousArrival(this.runtime, this.originOf(visit));
    const outage = { error, policy: this.options.outage.policy };
    this.begin(visit, { ...arrival, failure: error }, { ...this.runtime, store }, outage);
  }

  private begin(visit: Visit, arrival: Arrival, runtime = this.runtime, outage: Outage | null = null): void {
    const { request, response } = visit;
    visit.context = new SessionContext(runtime, arrival, new PassportAtWork(request));
    visit.state = attachSession(request, visit.context, this.users, outage);
    ResponseGate.keep(response, this.keeper, visit);
  }

  private beforeHead(visit: Visit): HeadChange | Promise<HeadChange> | null {
    const { context, response } = visit;
    if (response.statusCode === 503) this.addRetryAfter(visit);
    if (context.isIdle && !context.mayChangeCookie && !hasLostSession(visit.request)) {
      context.seal();
      if (this.isUnstored(visit)) return VARIES_UNSTORED;
      return context.accessed ? VARIES : null;
    }
    return this.finish(visit);
  }

  /** A filter of the application that answers for a store that is away knows the status only. */
  private addRetryAfter({ response, state, failuresBefore }: Visit): void {
    const hasFailed = state.outage !== null || this.meter.failures > failuresBefore;
    if (hasFailed && !response.hasHeader('Retry-After')) {
      response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    }
  }

  private isUnstored({ state }: Visit): boolean {
    return this.options.noStore && state.isGuarded;
  }

  private async finish(visit: Visit): Promise<HeadChange> {
    const { context } = visit;
    const failure = await context
      .finishAndSeal()
      .then(() => {
        if (hasLostSession(visit.request)) throw lostSessionError(visit.request);
        return null;
      })
      .catch((error: unknown) => ({ instead: this.toAnswer(error) }));
    // Also where the changes could not be stored, for what was done before may have changed the token.
    const setCookies = await this.setCookies(visit);
    return { setCookies, varies: context.accessed, noStore: this.isUnstored(visit), ...failure };
  }

  private async setCookies({ context, request, isSecure, hasSeveralCookies }: Visit): Promise<string[]> {
    const change = context.mayChangeCookie ? await context.cookieChange() : null;
    if (change === null) return [];
    const others = hasSeveralCookies ? this.cookie.clearOthers(isSecure, request.headers.host) : [];
    if (change.kind === 'clear') return [...others, this.cookie.clear(isSecure)];
    this.warnAboutSecure(request, isSecure);
    return [...others, this.cookie.set(change.token, isSecure, change.persistentForMs)];
  }

  private isSecure(request: RawRequest): boolean {
    return this.cookie.isSecure(() => request.protocol === 'https');
  }

  private toAnswer(error: unknown): HttpError {
    const answer = toHttpError(error);
    if (answer.statusCode >= 500) report(this.logger, error);
    return answer;
  }

  /** Warns once of a cookie that does not fit its connection. */
  private warnAboutSecure(request: RawRequest, isSecure: boolean): void {
    if (this.hasWarnedAboutSecure) return;
    const warning = secureWarning(this.options.cookie.secure, request.protocol === 'https', isSecure);
    if (warning === null) return;
    this.hasWarnedAboutSecure = true;
    this.logger.warn(warning);
  }
}

function decorate(fastify: FastifyInstance): void {
  if (fastify.hasRequestDecorator('session')) throw foreignSessionError();
  fastify.decorateRequest('session', {
    getter() {
      return sessionOf(this);
    },
    setter: refuseSession,
  });
  for (const [name, { get: getter, set: setter }] of Object.entries(FOREIGN_PROPERTIES)) {
    fastify.decorateRequest(name, { getter, setter });
  }
  fastify.addHook('onRequest', (request, _reply, done) => {
    prepareFront(request);
    done();
  });
  bridgePassport(fastify);
}
