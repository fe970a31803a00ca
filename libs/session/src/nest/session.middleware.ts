import type { Server } from 'node:http';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { SessionRuntime } from '../core/runtime/runtime.js';
import { Meter } from '../core/runtime/statistics.js';
import { SessionOptionsError } from '../core/errors/errors.js';
import { CurrentUsers } from '../http/current-user.js';
import { defineForeignProperties, FOREIGN_PROPERTIES } from '../http/foreign-properties.js';
import type { RawRequest, SessionLoading } from '../http/request.js';
import { requestSessionOf } from '../http/request-session.js';
import { SessionHandler } from '../http/session-handler.js';
import { foreignSessionError, refuseSession } from '../http/session-property.js';
import type { TokenTransport } from '../http/token-transport.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { bridgePassport } from '../passport/passport.bridge.js';
import { hasFastifyPassport } from '../passport/passport-internals.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME, SESSION_TRANSPORT } from './session.tokens.js';

type FastifyInstance = Parameters<typeof bridgePassport>[0] & {
  hasRequestDecorator(name: string): boolean;
  decorateRequest(name: string, property: { getter(this: object): unknown; setter(): never }): unknown;
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: RawRequest }, reply: unknown, done: () => void) => void,
  ): unknown;
};

/**
 * Mounts the {@link SessionHandler} on Express and on Fastify.
 *
 * It mounts itself as soon as Nest has an HTTP adapter, before everything that the application mounts in `main.ts`, so
 * that `passport.session()` and similar middleware find the session there.
 */
@Injectable()
export class SessionMiddleware implements OnModuleInit {
  private readonly handler: SessionHandler;
  private readonly load: SessionLoading;
  private mountFailure: Error | null = null;

  constructor(
    @Inject(SESSION_RUNTIME) runtime: SessionRuntime,
    @Inject(SESSION_TRANSPORT) transport: TokenTransport,
    @Inject(RESOLVED_OPTIONS) { users, device, outage, responses, csrf, load, exclude }: ResolvedOptions,
    meter: Meter,
    private readonly host: HttpAdapterHost,
  ) {
    this.load = load;
    this.handler = new SessionHandler({
      runtime,
      transport,
      users: new CurrentUsers(users, runtime.principal),
      device,
      onOutage: outage.policy,
      responses,
      csrf,
      load,
      exclude,
      meter,
      logger: new Logger('SessionModule'),
    });
    host.init$.subscribe(() => this.tryToMount());
  }

  /** Completes the mounting with what `main.ts` has added meanwhile. */
  onModuleInit(): void {
    if (this.mountFailure) throw this.mountFailure;
    const { httpAdapter } = this.host as { httpAdapter?: HttpAdapterHost['httpAdapter'] };
    const type = httpAdapter?.getType();
    if (type === 'express') this.prepareRequests(httpAdapter?.getHttpServer() as Server | undefined);
    if (type === 'fastify') this.checkPlugins(httpAdapter?.getInstance<FastifyInstance>());
  }

  /** Prepares requests on Express' server, which did not exist yet when the handler was mounted. */
  private prepareRequests(server: Server | undefined): void {
    server?.prependListener('request', (request, response) => this.handler.prepare(request, response));
  }

  /** @throws SessionOptionsError if a plugin reads the session of every request synchronously, so that none can be lazy */
  private checkPlugins(fastify: FastifyInstance | undefined): void {
    if (this.load === 'eager' || !fastify || !hasFastifyPassport(fastify)) return;
    throw new SessionOptionsError(
      "load: expected 'eager' beside @fastify/passport, whose hooks read the session of every request synchronously, " +
        "received 'lazy'. Leave it out.",
    );
  }

  /** Keeps an error for `onModuleInit`, because one that is thrown to a subject does not fail the start. */
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
    httpAdapter.use(this.handler.handle);
    if (httpAdapter.getType() === 'fastify') this.decorate(httpAdapter.getInstance<FastifyInstance>());
    if (httpAdapter.getType() === 'express')
      defineForeignProperties(httpAdapter.getInstance<{ readonly request: object }>().request);
  }

  private decorate(fastify: FastifyInstance): void {
    if (fastify.hasRequestDecorator('session')) throw foreignSessionError();
    fastify.decorateRequest('session', {
      getter() {
        return requestSessionOf(this).session;
      },
      setter: refuseSession,
    });
    for (const [name, { get: getter, set: setter }] of Object.entries(FOREIGN_PROPERTIES)) {
      fastify.decorateRequest(name, { getter, setter });
    }
    // Before any hook in which `@fastify/passport` signs in and responds.
    fastify.addHook('onRequest', (request, _reply, done) => {
      this.handler.prepareFront(request);
      done();
    });
    bridgePassport(fastify);
  }
}
