import { promisify } from 'node:util';
import {
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  Injectable,
  type INestApplication,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  AuthGuard,
  type IAuthModuleOptions,
  PassportModule,
  PassportSerializer,
  PassportStrategy,
} from '@nestjs/passport';
import {
  CurrentUser,
  Public,
  SessionGuard,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { startApp, type TestApp } from '../support/app.js';
import type { Platform } from '../support/platforms.js';
import type { AnySession, StageRequest } from '../support/stage.js';

/** A user of an application, with more than an id and with fields that do not belong in a session. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly role: 'user' | 'admin';
}

export const USERS: readonly User[] = [
  { id: 7, name: 'alice', role: 'user' },
  { id: 8, name: 'bob', role: 'user' },
  { id: 9, name: 'admin', role: 'admin' },
];

/** A request with the properties of `@types/passport`, which are present on Fastify as well. */
export type PassportRequest = StageRequest & {
  user?: User;
  logIn(user: User, done: (error?: unknown) => void): void;
  logOut(options: { keepSessionInfo: boolean }, done: (error?: unknown) => void): void;
  isAuthenticated(): boolean;
};

@Injectable()
class LocalStrategy extends PassportStrategy(Strategy) {
  validate(name: string, password: string): User | null {
    if (password !== 'password') return null;
    return USERS.find((user) => user.name === name) ?? null;
  }
}

/** An application's conversion of a user to the stored value, and back. */
export interface Serialization {
  serialize(user: User): unknown;
  find(payload: never): User | undefined;
}

export const BY_NUMBER: Serialization = {
  serialize: ({ id }) => id,
  find: (id: number) => USERS.find((user) => user.id === id),
};

/** The two ways of signing in with passport. */
export const WAYS = ['SessionService.signIn()', 'request.logIn()'] as const;
export type Way = (typeof WAYS)[number];

interface Setup {
  readonly way: Way;
  readonly session?: SessionModuleOptions;
  readonly serialization?: Serialization;
  readonly guard?: IAuthModuleOptions & { keepSessionInfo?: boolean };
}

/** Starts an application that signs in with passport-local, in one of the two ways. */
export function startPassportApp(platform: Platform, setup: Setup): Promise<TestApp> {
  forgetSerializers();
  const isClassic = setup.way === 'request.logIn()';
  const { serialize, find } = setup.serialization ?? BY_NUMBER;

  @Injectable()
  class Serializer extends PassportSerializer {
    serializeUser(user: User, done: (error: unknown, payload?: unknown) => void): void {
      done(null, serialize(user));
    }

    deserializeUser(payload: never, done: (error: unknown, user?: unknown) => void): void {
      done(null, find(payload) ?? false);
    }
  }

  return startApp(platform, {
    imports: [PassportModule],
    controllers: [isClassic ? classicController(setup.guard) : ServiceController, VisitController],
    providers: [
      LocalStrategy,
      { provide: APP_GUARD, useClass: SessionGuard },
      ...(isClassic ? [Serializer] : []),
    ],
    session: setup.session ?? {},
    main: isClassic ? mountPassport : () => undefined,
  });
}

function mountPassport(app: INestApplication): void {
  app.use(passport.initialize());
  app.use(passport.session());
}

/** (a) Passport authenticates the user, and the module signs in. */
@Controller()
class ServiceController {
  constructor(private readonly sessions: SessionService) {}

  @Public()
  @UseGuards(AuthGuard('local'))
  @Post('login')
  @HttpCode(200)
  async login(@Req() request: PassportRequest) {
    const { id } = await this.sessions.signIn(request, request.user as User);
    return { user: request.user, session: id };
  }

  @Post('logout')
  @HttpCode(204)
  logout(@Req() request: PassportRequest): Promise<void> {
    return this.sessions.signOut(request);
  }
}

/** Returns the controller for (b): passport does both, as with express-session. */
function classicController(options: Setup['guard'] = {}) {
  class LocalGuard extends AuthGuard('local') {
    constructor() {
      super(options);
    }

    override async canActivate(context: ExecutionContext): Promise<boolean> {
      await super.canActivate(context);
      await super.logIn(context.switchToHttp().getRequest<PassportRequest>());
      return true;
    }
  }

  @Controller()
  class ClassicController {
    @Public()
    @UseGuards(LocalGuard)
    @Post('login')
    @HttpCode(200)
    login(@Req() request: PassportRequest) {
      return { user: request.user, session: request.session.id };
    }

    @Public()
    @Post('login-by-hand')
    @HttpCode(200)
    async loginByHand(@Req() request: PassportRequest): Promise<{ user: unknown }> {
      await promised((done) => request.logIn(USERS[1] as User, done));
      return { user: request.user };
    }

    @Public()
    @Post('logout')
    @HttpCode(204)
    async logout(@Req() request: PassportRequest): Promise<void> {
      const { keepSessionInfo = false } = options;
      await promised((done) => request.logOut({ keepSessionInfo }, done));
    }

    @Public()
    @Get('passport')
    passport(@Req() request: PassportRequest) {
      const { user = null } = request;
      return { user, isAuthenticated: request.isAuthenticated(), session: { ...request.session } };
    }
  }
  return ClassicController;
}

@Controller()
class VisitController {
  @Get('me')
  me(@CurrentUser() user: unknown, @Req() request: PassportRequest) {
    return { user, onRequest: request.user ?? null };
  }

  @Public()
  @Post('visit')
  @HttpCode(200)
  visit(@Req() { session }: { session: AnySession }) {
    session['cart'] = ['book'];
    return { id: session.id };
  }

  @Public()
  @Get('data')
  data(@Req() { session }: { session: AnySession }) {
    return { cart: session['cart'] ?? null };
  }
}

type Done = (error?: unknown) => void;

/** Turns an operation that takes a callback into a promise. */
const promised = promisify((operation: (done: Done) => void, done: Done) => operation(done));

/** Removes the serializers, which passport keeps for the whole process, where the first one wins. */
function forgetSerializers(): void {
  const { _serializers, _deserializers } = passport as unknown as Record<string, unknown[]>;
  for (const list of [_serializers, _deserializers]) list?.splice(0);
}
