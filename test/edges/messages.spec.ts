import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, type INestApplicationContext, Module, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
} from '@nestjs/microservices';
import {
  CurrentUser,
  Public,
  RecentSignIn,
  Session,
  SessionEndedError,
  SessionGuard,
  SessionModule,
  SessionService,
  SessionUnavailableError,
} from 'nestjs-redis-session';
import { firstValueFrom, throwError, timeout } from 'rxjs';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';

const OUTAGE = new SessionUnavailableError('list sessions', new Error('connect ECONNREFUSED 10.1.2.3:6379'));
const seen: unknown[] = [];

@Public()
@Controller()
class MessagesController {
  constructor(private readonly sessions: SessionService) {}

  @MessagePattern('ended')
  ended(): never {
    throw new SessionEndedError({ reason: 'revoked', at: null });
  }

  @MessagePattern('stream')
  stream() {
    return throwError(() => OUTAGE);
  }

  @MessagePattern('outage')
  outage(): never {
    throw OUTAGE;
  }

  @MessagePattern('sign-in')
  signIn(@Payload() id: string) {
    return this.sessions.signIn({} as never, { id });
  }

  @MessagePattern('count')
  count(@Payload() id: string) {
    return this.sessions.count(id);
  }

  @MessagePattern('session')
  session(@Session() session: Session) {
    return session.id;
  }

  @MessagePattern('user')
  user(@CurrentUser('id') id: string) {
    return id;
  }

  @RecentSignIn('5m')
  @MessagePattern('recent')
  recent() {
    return true;
  }

  @EventPattern('event')
  event(@Payload() data: unknown): void {
    seen.push(data);
    throw OUTAGE;
  }
}

@Controller()
class GuardedController {
  @MessagePattern('guarded')
  guarded() {
    return true;
  }

  @Get('guarded')
  guardedPage() {
    return true;
  }
}

@Controller()
class MethodGuardedController {
  @UseGuards(SessionGuard)
  @MessagePattern('guarded')
  guarded() {
    return true;
  }
}

function moduleOf(controllers: Type[], isGuarded: boolean): Type {
  class MessagesModule {}
  Module({
    imports: [SessionModule.forRoot({ store: 'memory' })],
    controllers,
    providers: isGuarded ? [{ provide: APP_GUARD, useClass: SessionGuard }] : [],
  })(MessagesModule);
  return MessagesModule;
}

/** Sends a message and returns the reply. Rejects if that takes too long. */
async function ask(client: ClientProxy, pattern: string, data: unknown = ''): Promise<unknown> {
  return firstValueFrom(client.send<unknown>(pattern, data).pipe(timeout(10_000))).catch(
    (error: unknown) => error,
  );
}

const TCP = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;

function clientOf(app: { unwrap?: () => unknown }): ClientProxy {
  const server = app.unwrap?.() as Server;
  const { port } = server.address() as AddressInfo;
  return ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
}

/** Defines the tests of a message handler, for any kind of application. */
function answersCallers(caller: () => ClientProxy): void {
  test('an error of the module rejects the call at once, with its code', async () => {
    expect(await ask(caller(), 'ended')).toEqual({
      ...{ status: 'error', statusCode: 401, error: 'Unauthorized', code: 'SESSION_ENDED' },
      message: 'The session has ended (revoked), so nothing was saved. Sign in again.',
      reason: 'revoked',
    });
  });

  test.each(['outage', 'stream'])(
    'an outage (%s) reveals no server address to the caller, and is logged',
    async (name) => {
      expect(await ask(caller(), name)).toEqual({
        ...{ status: 'error', statusCode: 503, error: 'Service Unavailable', code: 'SESSION_UNAVAILABLE' },
        message: 'Sessions are unavailable at the moment. Try again.',
      });
      expect(log.recent('error').join()).toContain('ECONNREFUSED');
    },
  );

  test.each([
    ['session', '@Session()'],
    ['user', '@CurrentUser()'],
    ['recent', '@RecentSignIn()'],
  ])('"%s", which needs a request, causes an error that the log explains', async (pattern, asker) => {
    expect(await ask(caller(), pattern)).toMatchObject({
      ...{
        status: 'error',
        statusCode: 500,
        code: 'SESSION_USAGE_INVALID',
        message: 'Internal server error',
      },
    });
    expect(log.recent('error').join()).toContain(
      `${asker} needs an HTTP request with a session, but was used in a handler of "rpc" that has none.`,
    );
  });

  test('a message handler can call methods that need no request', async () => {
    expect(await ask(caller(), 'count', 'alice')).toBe(0);
    expect(await ask(caller(), 'sign-in', 'alice')).toMatchObject({ code: 'SESSION_USAGE_INVALID' });
  });

  test('the server continues after an event handler has failed', async () => {
    seen.length = 0;
    caller().emit('event', 'an event').subscribe();
    await ask(caller(), 'ended');
    expect(seen).toEqual(['an event']);
    expect(await ask(caller(), 'count', 'alice')).toBe(0);
  });
}

describe('a microservice without HTTP', () => {
  let app: INestApplicationContext & { listen(): Promise<unknown>; unwrap?: () => unknown };
  let client: ClientProxy;
  beforeAll(async () => {
    app = await NestFactory.createMicroservice(
      moduleOf([MessagesController, MethodGuardedController], false),
      TCP,
    );
    await app.listen();
    client = clientOf(app);
  });
  afterAll(async () => {
    await client.close();
    await app.close();
  });

  answersCallers(() => client);

  test('SessionGuard rejects every message, and the log says why', async () => {
    expect(await ask(client, 'guarded')).toMatchObject({ code: 'SESSION_USAGE_INVALID' });
    expect(log.recent('error').join()).toContain('override getRequest() to guard another transport');
  });
});

onEachPlatform((platform) => {
  describe('a hybrid application with inheritAppConfig', () => {
    let app: Awaited<ReturnType<typeof NestFactory.create>>;
    let client: ClientProxy;
    beforeAll(async () => {
      const controllers = [MessagesController, GuardedController];
      app = await NestFactory.create(moduleOf(controllers, true), platform.adapter());
      const microservice = app.connectMicroservice(TCP, { inheritAppConfig: true });
      await app.startAllMicroservices();
      await app.listen(0, '127.0.0.1');
      client = clientOf(microservice);
    });
    afterAll(async () => {
      await client.close();
      await app.close();
    });

    answersCallers(() => client);

    test('a global SessionGuard rejects every message, and the log says why', async () => {
      expect(await ask(client, 'guarded')).toMatchObject({ code: 'SESSION_USAGE_INVALID' });
      expect(log.recent('error').join()).toContain('SessionGuard needs an HTTP request with a session');
    });

    test('the same errors over HTTP become HTTP responses', async () => {
      const response = await fetch(`${await app.getUrl()}/guarded`);
      expect(await response.json()).toMatchObject({ statusCode: 401, code: 'SESSION_REQUIRED' });
    });
  });
});
