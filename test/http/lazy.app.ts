import type { ServerResponse } from 'node:http';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import {
  CurrentUser,
  eagerSession,
  FreshSession,
  OnOutage,
  RecentSignIn,
  type RequestLike,
  Session,
  SessionGuard,
  SessionService,
} from 'nestjs-redis-session';
import type { RequestHandler } from 'express';
import passport from 'passport';
import type { AnySession, Fields, StageRequest } from '../support/stage.js';

type LazyRequest = StageRequest & { readonly sessionID: string; raw?: LazyRequest };
type Reply = ServerResponse & { readonly raw?: ServerResponse; hijack?(): void };

/** A guard of the application, which reads a field of the session. */
@Injectable()
class CartGuard implements CanActivate {
  constructor(private readonly sessions: SessionService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const session = await this.sessions.load<{ cart?: unknown }>(
      context.switchToHttp().getRequest<RequestLike>(),
    );
    return Array.isArray(session.cart);
  }
}

/** Routes that use the session in each way, or not at all. */
@Controller()
export class LazyController {
  constructor(private readonly sessions: SessionService) {}

  @Get('plain')
  plain() {
    return { plain: true };
  }

  @Post('sign-in')
  @HttpCode(200)
  async signIn(@Req() request: RequestLike) {
    const { id } = await this.sessions.signIn(request, { id: 'alice' });
    const session = await this.sessions.load(request);
    Object.assign(session, { cart: ['kite'] });
    return { id };
  }

  @Get('parameter')
  parameter(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Get('user')
  user(@CurrentUser('id') id: string | null) {
    return { id };
  }

  @UseGuards(SessionGuard)
  @Get('guarded')
  guarded() {
    return { in: true };
  }

  @RecentSignIn('5m')
  @Get('recent')
  recent() {
    return { in: true };
  }

  @FreshSession()
  @Get('fresh')
  fresh(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @UseGuards(CartGuard)
  @Get('own-guard')
  ownGuard(@Req() { session }: LazyRequest) {
    return { cart: session['cart'] };
  }

  @Get('awaited')
  async awaited(@Req() request: LazyRequest) {
    const session = await this.sessions.load<Fields>(request);
    const { userId } = this.sessions.describe(request) ?? {};
    this.sessions.ignoreActivity(request);
    return { cart: session['cart'] ?? null, userId, isSame: session === request.session };
  }

  @UseGuards(CartGuard, SessionGuard)
  @Get('together')
  async together(
    @Session() session: AnySession,
    @CurrentUser('id') id: string,
    @CurrentUser() user: unknown,
    @Req() request: LazyRequest,
  ) {
    await Promise.all([this.sessions.load(request), this.sessions.load(request)]);
    return { cart: session['cart'], id, user };
  }

  @Get('at-once')
  async atOnce(@Req() request: LazyRequest) {
    const sessions = await Promise.all([this.sessions.load(request), this.sessions.load(request)]);
    return { areSame: sessions[0] === sessions[1] };
  }

  @Post('sign-out')
  @HttpCode(200)
  signOut(@Req() request: RequestLike) {
    return this.sessions.signOut(request);
  }

  @Post('regenerate')
  @HttpCode(200)
  regenerate(@Req() request: RequestLike) {
    return this.sessions.regenerate(request);
  }

  @Post('revoke-others')
  @HttpCode(200)
  async revokeOthers(@Req() request: RequestLike) {
    return { ended: await this.sessions.revokeOthers(request) };
  }

  @Post('revoke-all')
  @HttpCode(200)
  async revokeAll(@Req() request: RequestLike) {
    return { ended: await this.sessions.revokeAll('alice', { by: request }) };
  }

  @Post('write')
  @HttpCode(200)
  @OnOutage('anonymous')
  write(@Session() session: AnySession) {
    session['cart'] = ['boat'];
    return { written: true };
  }

  @Get('home')
  @OnOutage('anonymous')
  home(@Session() session: AnySession, @CurrentUser() user: unknown) {
    return { cart: session['cart'] ?? null, user };
  }

  @Get('strict')
  @OnOutage('fail')
  strict(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @OnOutage('anonymous')
  @UseGuards(SessionGuard)
  @Get('guarded-anyway')
  guardedAnyway() {
    return { in: true };
  }

  @Get('sync/session')
  syncSession(@Req() request: LazyRequest) {
    return { cart: request.session['cart'] };
  }

  @Get('sync/session-of-node')
  syncSessionOfNode(@Req() request: LazyRequest) {
    return { cart: (request.raw ?? request).session['cart'] };
  }

  @Get('sync/id')
  syncId(@Req() request: LazyRequest) {
    return { id: request.sessionID };
  }

  @Get('sync/describe')
  syncDescribe(@Req() request: LazyRequest) {
    return this.sessions.describe(request);
  }

  @Get('sync/ignore-activity')
  syncIgnoreActivity(@Req() request: LazyRequest) {
    this.sessions.ignoreActivity(request);
  }

  @Get('delete')
  deleteSession(@Req() request: { session?: unknown }) {
    delete request.session;
    return { deleted: true };
  }

  /** Uses the session after the head of the response was sent. */
  @Get('late')
  async late(@Req() request: LazyRequest, @Res() reply: Reply): Promise<void> {
    reply.hijack?.();
    const response = reply.raw ?? reply;
    response.write('head ');
    const session = await this.sessions.load<Fields>(request);
    session['cart'] = ['late'];
    const outcome = await session.regenerate().catch((error: Error) => error.name);
    response.end(`${String(session['seen'] ?? 'new')} ${String(outcome)}`);
  }
}

type PassportRequest = StageRequest & {
  logIn(user: object, done: (error?: unknown) => void): void;
  isAuthenticated(): boolean;
};

/** Routes behind passport, which reads the session synchronously. */
@Controller('admin')
class AdminController {
  @Post('log-in')
  @HttpCode(200)
  logIn(@Req() request: PassportRequest) {
    return new Promise((resolve, reject) => {
      request.logIn({ id: 'root' }, (error) => (error ? reject(error) : resolve({ user: request.user })));
    });
  }

  @Get('user')
  user(@Req() request: PassportRequest) {
    return { user: request.user ?? null, isAuthenticated: request.isAuthenticated() };
  }
}

const authenticator = new passport.Passport();
authenticator.serializeUser((user, done) => done(null, (user as { id: string }).id));
authenticator.deserializeUser((id, done) => done(null, { id }));

const passportSession = authenticator.session() as RequestHandler;

/** Gives passport to its own routes only. */
@Module({ controllers: [AdminController] })
export class AdminModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(eagerSession, authenticator.initialize(), passportSession).forRoutes(AdminController);
  }
}

/** Forgets to load the session in front of passport. */
@Module({ controllers: [AdminController] })
export class ForgetfulModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(authenticator.initialize(), passportSession).forRoutes(AdminController);
  }
}
