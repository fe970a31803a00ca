import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { anonymousArrival, arrive } from '../core/arrival.js';
import { SessionContext } from '../core/context.js';
import type { SessionRuntime } from '../core/runtime.js';
import type { Arrival } from '../core/unit-of-work.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { bridgePassport } from '../passport/passport.fastify.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from '../session.tokens.js';
import { SessionCookie } from './cookie.js';
import { CurrentUsers } from './current-user.js';
import { originOf } from './device.js';
import { toHttpError } from './http-error.js';
import type { RawRequest, RawResponse } from './request.js';
import { attachSession, sessionOfRaw } from './request.js';
import type { GateKeeper, HeadChange } from './response-gate.js';
import { ResponseGate } from './response-gate.js';

type FastifyInstance = Parameters<typeof bridgePassport>[0] & {
  decorateRequest(name: string, property: { getter(this: { raw: RawRequest }): unknown }): unknown;
};

/**
 * Gives every request its session, on Express and on Fastify alike.
 *
 * It mounts itself as soon as Nest has an HTTP adapter, ahead of everything that the application mounts in `main.ts`,
 * so that `passport.session()` and the like find the session there.
 */
@Injectable()
export class SessionMiddleware {
  private readonly logger = new Logger('SessionModule');
  private readonly cookie: SessionCookie;
  private readonly users: CurrentUsers;
  private hasWarnedAboutSecure = false;

  constructor(
    @Inject(SESSION_RUNTIME) private readonly runtime: SessionRuntime,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    host: HttpAdapterHost,
  ) {
    this.cookie = new SessionCookie(options.cookie);
    this.users = new CurrentUsers(options.users);
    host.init$.subscribe(() => this.mount(host));
  }

  private mount({ httpAdapter }: HttpAdapterHost): void {
    // An application context without HTTP has no adapter.
    if (!httpAdapter) return;
    httpAdapter.use(this.handle);
    if (httpAdapter.getType() === 'fastify') {
      const fastify = httpAdapter.getInstance<FastifyInstance>();
      fastify.decorateRequest('session', {
        getter() {
          return sessionOfRaw(this.raw);
        },
      });
      bridgePassport(fastify);
    }
  }

  private readonly handle = (request: RawRequest, response: RawResponse, next: () => void): void => {
    const isSecure = this.isSecure(request);
    const values = this.cookie.read(request.headers.cookie, isSecure);
    const origin = () => originOf(request, this.options.device);
    if (values.length === 0) {
      this.begin(request, response, isSecure, anonymousArrival(this.runtime, origin));
      return next();
    }
    arrive(this.runtime, values, origin)
      .then((arrival) => this.begin(request, response, isSecure, arrival))
      .catch((error: unknown) => attachSession(request, error as Error, this.users))
      .then(next, next);
  };

  private begin(request: RawRequest, response: RawResponse, isSecure: boolean, arrival: Arrival): void {
    const context = new SessionContext(this.runtime, arrival);
    attachSession(request, context, this.users);
    new ResponseGate(response, this.keeperOf(context, request, isSecure));
  }

  private keeperOf(context: SessionContext, request: RawRequest, isSecure: boolean): GateKeeper {
    return {
      beforeHead: () => this.beforeHead(context, request, isSecure),
      beforeEnd: () => (context.isIdle ? null : context.finish()),
      onFailure: (error) => {
        this.report(error);
        return toHttpError(error);
      },
      onLateFailure: (error) => this.report(error),
    };
  }

  private beforeHead(
    context: SessionContext,
    request: RawRequest,
    isSecure: boolean,
  ): HeadChange | Promise<HeadChange> | null {
    if (context.isIdle && !context.mayChangeCookie) {
      context.seal();
      return context.accessed ? { setCookie: null, varies: true } : null;
    }
    return this.finish(context, request, isSecure);
  }

  private async finish(context: SessionContext, request: RawRequest, isSecure: boolean): Promise<HeadChange> {
    await context.finish();
    const change = await context.cookieChange();
    context.seal();
    if (change === null) return { setCookie: null, varies: context.accessed };
    if (change.kind === 'clear') return { setCookie: this.cookie.clear(isSecure), varies: true };
    this.warnAboutSecure(request, isSecure);
    return { setCookie: this.cookie.set(change.token, isSecure, change.persistentForMs), varies: true };
  }

  private isSecure(request: RawRequest): boolean {
    return this.cookie.isSecure(() => request.protocol === 'https');
  }

  private report(error: unknown): void {
    if (toHttpError(error).statusCode < 500) return;
    const { message, stack } = error as Error;
    this.logger.error(message, stack);
  }

  /** Browsers drop a `Secure` cookie that comes over a plain connection, and say so nowhere. */
  private warnAboutSecure(request: RawRequest, isSecure: boolean): void {
    if (this.hasWarnedAboutSecure || !isSecure || request.protocol === 'https') return;
    this.hasWarnedAboutSecure = true;
    this.logger.warn(
      'A Secure session cookie was set over a connection that does not look like HTTPS, and browsers may drop it. ' +
        "Behind a proxy that ends TLS, set the platform's trust proxy; without TLS, set cookie.secure to 'auto'.",
    );
  }
}
