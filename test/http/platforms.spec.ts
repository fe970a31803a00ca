import {
  Controller,
  Get,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  type NestModule,
  Req,
  Scope,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Session, SessionService } from 'nestjs-redis-session';
import { startApp } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { parseAnswer, RawExchange } from '../support/raw-exchange.js';
import { setScene } from '../support/scene.js';
import type { AnySession, StageRequest } from '../support/stage.js';

@Controller('count')
class CountController {
  @Get('broken')
  broken(@Session() session: AnySession) {
    session['amount'] = 1n;
    return { never: 'sent' };
  }

  @Get()
  count(@Session() session: AnySession) {
    return { count: (session['count'] = ((session['count'] as number | undefined) ?? 0) + 1) };
  }
}

/** A request-scoped service. */
@Injectable({ scope: Scope.REQUEST })
class Visitor {
  constructor(
    @Inject(REQUEST) private readonly request: StageRequest,
    private readonly sessions: SessionService,
  ) {}

  async enter() {
    this.request.session['seen'] = true;
    await this.sessions.signIn(this.request, { id: 'alice' });
    return this.sessions.describe(this.request)?.userId;
  }
}

@Controller('visitor')
class VisitorController {
  constructor(private readonly visitor: Visitor) {}

  @Get()
  async enter() {
    return { userId: await this.visitor.enter() };
  }
}

@Injectable()
class StampMiddleware implements NestMiddleware {
  use(request: StageRequest, _response: unknown, next: () => void): void {
    request.session['stamped'] = true;
    next();
  }
}

@Module({ controllers: [VisitorController], providers: [Visitor] })
class VisitorModule {}

@Controller('stamped')
class StampedController {
  @Get()
  stamped(@Req() request: StageRequest) {
    return { ...request.session };
  }
}

@Module({ controllers: [StampedController] })
class StampModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(StampMiddleware).forRoutes('stamped');
  }
}

onEachPlatform((platform) => {
  const scene = setScene(platform, { controllers: [CountController], imports: [VisitorModule, StampModule] });
  const { act, fields, stage } = scene;

  test('a request-scoped provider uses the session of its request', async () => {
    expect((await scene.browser.get('/visitor')).body).toEqual({ userId: 'alice' });
    expect(await fields()).toEqual({ seen: true });
  });

  test('middleware of a module uses the session before the handler', async () => {
    expect((await scene.browser.get('/stamped')).body).toEqual({ stamped: true });
    expect(await fields()).toEqual({ stamped: true });
  });

  test('pipelined requests on one connection each have their own session', async () => {
    const other = scene.app.client();
    await act((session) => void (session['whose'] = 'mine'));
    await act((session) => void (session['whose'] = 'theirs'), other);
    stage.on('slow', async (session) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return { whose: session['whose'] ?? 'nobody', wrote: (session['wrote'] = true) };
    });
    const request = (cookie: string | null, connection: string) =>
      [
        `GET /stage/slow HTTP/1.1`,
        'Host: a',
        `Connection: ${connection}`,
        `Cookie: ${cookie ?? ''}`,
        '',
        '',
      ].join('\r\n');
    const pipelined = await RawExchange.open(scene.app.port);
    pipelined.socket.write(
      request(scene.browser.cookie, 'keep-alive') +
        request(other.cookie, 'keep-alive') +
        request(null, 'close'),
    );
    const text = await pipelined.end();

    const bodies = text.split(/(?=HTTP\/1\.1 )/).map((part) => parseAnswer(part).body);
    expect(bodies).toEqual(['mine', 'theirs', 'nobody'].map((whose) => ({ whose, wrote: true })));
  });

  test('an unknown path is answered with 404, and an invalid cookie is cleared there, too', async () => {
    scene.browser.cookie = `__Host-sid=${'x'.repeat(46)}`;
    const { status, sessionCookie } = await scene.browser.get('/nowhere');

    expect(status).toBe(404);
    expect(sessionCookie).toContain('Max-Age=0');
  });

  test('a body that is not JSON is answered with 400', async () => {
    const exchange = await RawExchange.send(
      scene.app.port,
      'POST /count',
      'Content-Type: application/json',
      'Content-Length: 1',
    );
    exchange.socket.write('{');

    expect((await exchange.answer()).status).toBe(400);
  });

  test('a cross-site preflight request needs no session and gets none', async () => {
    const app = await startApp(platform, {
      controllers: [CountController],
      main: (nest) => nest.enableCors({ origin: ['https://shop.example'], credentials: true }),
    });
    const { headers, setCookies } = await app.client().send('OPTIONS', '/count', {
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'GET' },
    });
    const answer = await app.client().get('/count', { headers: { Origin: 'https://shop.example' } });

    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(setCookies).toEqual([]);
    expect(answer.headers.vary).toBe('Origin, Cookie');
    expect(answer.sessionCookie).not.toBeNull();
  });

  test('a global prefix and two applications in one process do not interfere with sessions', async () => {
    const main = (nest: { setGlobalPrefix(prefix: string): unknown }) => nest.setGlobalPrefix('api');
    const [one, other] = [
      await startApp(platform, { controllers: [CountController], main }),
      await startApp(platform, {
        controllers: [CountController],
        main,
        session: { cookie: { name: 'other' } },
      }),
    ];
    const client = one.client();
    await client.get('/api/count');

    expect((await client.get('/api/count')).body).toEqual({ count: 2 });
    expect((await other.client().get('/api/count', { cookie: client.cookie })).body).toEqual({ count: 1 });
  });
});
