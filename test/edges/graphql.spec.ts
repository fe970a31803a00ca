import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { UseGuards } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import {
  CurrentUser,
  FreshSession,
  OnOutage,
  RecentSignIn,
  Session,
  SessionConflictError,
  SessionCsrfGuard,
  SessionGuard,
  SessionService,
  SessionUnavailableError,
} from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { StoreHook } from '../support/store-hook.js';
import type { AnySession } from '../support/stage.js';

const outage: { error: Error | null } = { error: null };

@Resolver()
class ShopResolver {
  constructor(private readonly sessions: SessionService) {}

  @Mutation(() => String)
  async signIn(@Session() session: AnySession, @Args('id') id: string): Promise<string> {
    await this.sessions.signIn(session, { id });
    return session.id;
  }

  @Mutation(() => String)
  write(@Session() session: AnySession, @Args('text') text: string): string {
    session['text'] = text;
    return text;
  }

  @Query(() => String, { nullable: true })
  read(@Session() session: AnySession) {
    return session['text'];
  }

  @OnOutage('anonymous')
  @Query(() => String, { nullable: true })
  readOrNothing(@Session() session: AnySession) {
    return session['text'];
  }

  @Query(() => String, { nullable: true })
  maybe(@CurrentUser('id') id: string | null) {
    return id;
  }

  @UseGuards(SessionCsrfGuard)
  @Query(() => String)
  guardedFromOtherSites() {
    return 'passed';
  }

  @UseGuards(SessionGuard)
  @Query(() => String)
  me(@CurrentUser('id') id: string) {
    return id;
  }

  @RecentSignIn('5m')
  @Query(() => String)
  recent(@CurrentUser('id') id: string) {
    return id;
  }

  @UseGuards(SessionGuard)
  @FreshSession()
  @Query(() => String)
  fresh(@CurrentUser('id') id: string) {
    return id;
  }

  @Query(() => String)
  fail(): string {
    throw outage.error ?? new SessionConflictError('cart', 3);
  }
}

interface Reply {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown> }[];
}

onEachPlatform((platform) => {
  describe.each(['eager', 'lazy'] as const)('a GraphQL resolver over HTTP, with %s loading', (load) => {
    let app: TestApp;
    let browser: Client;
    const hook = new StoreHook();
    beforeAll(async () => {
      app = await startApp(platform, {
        imports: [
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            autoSchemaFile: true,
            includeStacktraceInErrorResponses: false,
          }),
        ],
        providers: [ShopResolver],
        session: { responses: { noStore: true }, load },
        hook,
      });
    });
    beforeEach(() => {
      browser = app.client();
      outage.error = null;
      hook.reset();
    });

    const ask = async (query: string, client = browser) => {
      const answer = await client.post('/graphql', { query });
      return { ...answer, ...(answer.body as Reply) };
    };

    test('SessionCsrfGuard checks the source of a request of any method', async () => {
      const query = '{ guardedFromOtherSites }';
      const path = `/graphql?query=${encodeURIComponent(query)}`;
      const preflighted = { 'Apollo-Require-Preflight': 'true' };
      const get = async (site: string) =>
        (await browser.get(path, { headers: { ...preflighted, 'Sec-Fetch-Site': site } })).body as Reply;
      expect((await get('same-origin')).data).toEqual({ guardedFromOtherSites: 'passed' });
      expect(JSON.stringify((await get('cross-site')).errors)).toContain('"reason":"cross-origin"');
      expect((await ask(query)).data).toEqual({ guardedFromOtherSites: 'passed' });
    });

    test('a resolver signs in, reads and writes the session, and receives its user', async () => {
      expect((await ask('mutation { signIn(id: "alice") }')).data).toEqual({
        signIn: expect.any(String) as string,
      });
      expect(browser.cookie).not.toBeNull();
      await ask('mutation { write(text: "kite") }');

      hook.reset();
      expect((await ask('{ read maybe me recent fresh }')).data).toEqual({
        ...{ read: 'kite', maybe: 'alice', me: 'alice', recent: 'alice', fresh: 'alice' },
      });
      expect(hook.calls).toEqual(['load']);
      expect((await ask('{ me }')).headers['cache-control']).toBe('no-store');
      expect((await ask('{ read maybe }', app.client())).data).toEqual({ read: null, maybe: null });
    });

    test('a query that does not use the session loads it only when every request does', async () => {
      await ask('mutation { write(text: "kite") }');
      hook.reset();
      await ask('{ fail }');

      expect(hook.calls).toEqual(load === 'lazy' ? [] : ['load']);
    });

    test.each(['me', 'recent', 'fresh'])('the guard protects the resolver %s', async (name) => {
      const { errors } = await ask(`{ ${name} }`);

      expect(errors?.[0]?.message).toBe('You are not signed in.');
      expect(errors?.[0]?.extensions).toMatchObject({
        code: 'UNAUTHENTICATED',
        originalError: { code: 'SESSION_REQUIRED', reason: 'anonymous' },
      });
    });

    test('an error has its code and its details in its extensions', async () => {
      const { errors } = await ask('{ fail }');

      expect(errors).toMatchObject([
        {
          message: 'session.cart was changed by other requests at each of 3 tries to update it. Try again.',
          path: ['fail'],
          extensions: { code: 'SESSION_CONFLICT', statusCode: 409, error: 'Conflict' },
        },
      ]);
    });

    test('an error reveals no server address while Redis is unavailable', async () => {
      outage.error = new SessionUnavailableError(
        'load a session',
        new Error('connect ECONNREFUSED 10.1.2.3:6379'),
      );
      const { errors, text } = await ask('{ fail }');

      expect(errors).toMatchObject([
        {
          message: 'Sessions are unavailable at the moment. Try again.',
          extensions: { code: 'SESSION_UNAVAILABLE' },
        },
      ]);
      expect(text).not.toMatch(/ECONNREFUSED|10\.1\.2\.3/);
      expect(log.recent('error').join()).toContain('ECONNREFUSED');
    });

    test("only a resolver with @OnOutage('anonymous') continues while the store is unavailable", async () => {
      await ask('mutation { write(text: "kite") }');
      hook.fail(new SessionUnavailableError('load a session', new Error('connect ECONNREFUSED')), 'load');

      const { errors, data, setCookies } = await ask('{ readOrNothing }');
      expect({ errors, data, setCookies }).toEqual({ data: { readOrNothing: null }, setCookies: [] });
      expect(await ask('{ read }')).toMatchObject({
        errors: [{ path: ['read'], extensions: { code: 'SESSION_UNAVAILABLE' } }],
        setCookies: [],
      });

      hook.reset();
      expect((await ask('{ readOrNothing }')).data).toEqual({ readOrNothing: 'kite' });
    });
  });
});
