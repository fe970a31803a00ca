import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  type INestApplication,
  Inject,
  Param,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import {
  isSessionError,
  Session,
  SessionConflictError,
  SessionDataError,
  SessionEndedError,
  SessionLimitError,
  SessionService,
  SessionSizeError,
  SessionUsageError,
  SessionValueError,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';

/** The filter of Nest's documentation under "Exception filters", "Catch everything". */
@Catch()
class AllExceptionsFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { httpAdapter } = this.host;
    const statusCode = exception instanceof HttpException ? exception.getStatus() : 500;
    const path = httpAdapter.getRequestUrl(http.getRequest()) as string;
    httpAdapter.reply(http.getResponse(), { statusCode, path }, statusCode);
  }
}

/** The filter of the documentation under "Exception filters", with the body of the exception. */
@Catch(HttpException)
class HttpExceptionFilter implements ExceptionFilter<HttpException> {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(exception: HttpException, host: ArgumentsHost): void {
    const body = { of: 'the application', ...(exception.getResponse() as object) };
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), body, exception.getStatus());
  }
}

/** The filter of the documentation under "Inheritance". */
@Catch()
class InheritingFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    super.catch(exception, host);
  }
}

const ERRORS: Record<string, () => Error> = {
  data: () => new SessionDataError([{ field: 'theme', expected: ['theme must be a string'] }]),
  ended: () => new SessionEndedError({ reason: 'evicted', at: null }),
  conflict: () => new SessionConflictError('cart', 20),
  limit: () => new SessionLimitError(1, []),
  size: () => new SessionSizeError(10, 11),
  usage: () => new SessionUsageError('a mistake of alice'),
  value: () => new SessionValueError('cart.at', 'a value of alice'),
};

@Controller()
class ErrorsController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Get('thrown/:name')
  fail(@Param('name') name: string): never {
    throw (ERRORS[name] as () => Error)();
  }

  @Get('session')
  session(@Session() session: Session) {
    return { id: session.id };
  }

  @Get('list')
  list() {
    return this.sessions.list('alice');
  }

  @Get('maintenance')
  maintenance() {
    throw new HttpException('Back in an hour.', 503);
  }
}

/** Returns a port without a server. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

onEachPlatform((platform) => {
  /** Starts an application whose Redis is unavailable. */
  async function startWith(filter: {
    global?: (host: HttpAdapterHost) => ExceptionFilter;
    providers?: Provider[];
  }) {
    return startApp(platform, {
      controllers: [ErrorsController],
      providers: filter.providers ?? [],
      session: {
        redis: `redis://127.0.0.1:${await closedPort()}`,
        outage: { startup: 'degraded', deadline: '100ms' },
      },
      main: (nest: INestApplication) =>
        filter.global && nest.useGlobalFilters(filter.global(nest.get(HttpAdapterHost))),
    });
  }

  const all = (host: HttpAdapterHost) => new AllExceptionsFilter(host);
  const inheriting = ({ httpAdapter }: HttpAdapterHost) => new InheritingFilter(httpAdapter);

  /** A cookie that makes the request query the store. */
  const KNOWN = { cookie: `__Host-sid=${'a'.repeat(46)}` };
  const STATUSES = [
    ['data', 400, 'SESSION_DATA_INVALID'],
    ['ended', 401, 'SESSION_ENDED'],
    ['conflict', 409, 'SESSION_CONFLICT'],
    ['limit', 409, 'SESSION_LIMIT_REACHED'],
    ['size', 413, 'SESSION_TOO_LARGE'],
    ['usage', 500, 'SESSION_USAGE_INVALID'],
    ['value', 500, 'SESSION_VALUE_INVALID'],
  ] as const;
  const LOG_OF_NEST = /a (mistake|value) of alice/;

  describe.each([
    ['useGlobalFilters()', { global: all }],
    ['useGlobalFilters() with a filter that extends that of Nest', { global: inheriting }],
    ['APP_FILTER', { providers: [{ provide: APP_FILTER, useClass: AllExceptionsFilter }] }],
  ])('a filter that catches everything, by %s', (_by, filter) => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startWith(filter);
    });

    test.each(STATUSES)('the error "%s" keeps its status %s', async (name, status) => {
      const answer = await app.client().get(`/thrown/${name}`);

      expect(answer.status).toBe(status);
      expect(answer.text).not.toContain('alice');
    });

    test.each(['/session', '/list'])('an outage at %s is answered with 503 and Retry-After', async (path) => {
      const answer = await app.client().get(path, KNOWN);

      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.text).not.toContain('ECONNREFUSED');
    });

    test('a 503 with another cause stays unchanged', async () => {
      const answer = await app.client().get('/maintenance');

      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBeUndefined();
    });
  });

  test('a filter for HttpException receives the body with its code, but no programming errors', async () => {
    const app = await startWith({ global: (host) => new HttpExceptionFilter(host) });
    for (const [name, status, code] of STATUSES) {
      const { body } = await app.client().get(`/thrown/${name}`);
      const of = status === 500 ? {} : { of: 'the application' };
      expect(body).toMatchObject({ statusCode: status, code, ...of });
      if (status === 500) expect(body).not.toHaveProperty('of');
    }
    expect((await app.client().get('/list')).body).toMatchObject({
      ...{ statusCode: 503, code: 'SESSION_UNAVAILABLE', of: 'the application' },
    });
    expect(log.recent('error').filter((message) => LOG_OF_NEST.test(message))).toHaveLength(2);
  });

  test('the response has the body with its code without a filter, and programming errors are logged', async () => {
    const app = await startWith({});
    for (const [name, status, code] of STATUSES) {
      const { body } = await app.client().get(`/thrown/${name}`);
      expect(body).toMatchObject({ statusCode: status, code });
    }
    expect(log.recent('error').filter((message) => LOG_OF_NEST.test(message))).toHaveLength(2);
  });

  test('a filter that extends that of Nest logs a programming error like any error', async () => {
    const app = await startWith({ global: inheriting });
    await app.client().get('/thrown/usage');

    expect(log.recent('error').join()).toContain('a mistake of alice');
  });

  test('middleware of the platform that reads the fields of http-errors receives the status and the headers', async () => {
    const seen: unknown[] = [];
    const app = await startApp(platform, {
      session: {
        redis: `redis://127.0.0.1:${await closedPort()}`,
        outage: { startup: 'degraded', deadline: '100ms' },
      },
      main: (nest) =>
        nest.use((request: { session: object }, _response: unknown, next: (error?: unknown) => void) => {
          try {
            void request.session;
            next();
          } catch (error) {
            if (isSessionError(error))
              seen.push([error.statusCode, error.status, error.expose, error.headers]);
            next(error);
          }
        }),
    });
    const answer = await app.client().get('/session', KNOWN);

    expect(seen).toEqual([[503, 503, false, { 'retry-after': '1' }]]);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body).toMatchObject({ code: 'SESSION_UNAVAILABLE' });
  });
});
