import { type CanActivate, Controller, type ExecutionContext, Get, Req, UseGuards } from '@nestjs/common';
import { CurrentUser, SessionGuard } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { AccountController, signIn, startGuarded } from './guarded.app.js';

onEachPlatform((platform) => {
  describe('@CurrentUser()', () => {
    const loads: string[] = [];
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      const load = async (id: string) => {
        loads.push(id);
        await Promise.resolve();
        if (id === 'broken') throw new Error('the database of users is unavailable');
        return id === 'ghost' ? undefined : { id, name: `${id}!`, address: { city: 'Paris' } };
      };
      app = await startGuarded(platform, { users: { load } });
    });
    beforeEach(() => {
      browser = app.client();
      loads.length = 0;
    });

    test('@CurrentUser() returns the user of the application or one property, loaded once a request', async () => {
      await signIn(browser);
      const { body } = await browser.get('/account/me');

      expect(body).toEqual({
        user: { id: 'alice', name: 'alice!', address: { city: 'Paris' } },
        city: 'Paris',
      });
      expect(loads).toEqual(['alice']);
    });

    test('@CurrentUser() loads no user for an anonymous request', async () => {
      await signIn(browser);
      await browser.get('/open');
      await app.client().get('/account/maybe');

      expect(loads).toEqual([]);
    });

    test('the guard sets request.user', async () => {
      await signIn(browser);

      expect((await browser.get('/account/request-user')).body).toMatchObject({ user: { name: 'alice!' } });
    });

    test('@CurrentUser() is null for an unknown user on a public route', async () => {
      await signIn(browser, 'ghost');

      expect(await browser.get('/account/maybe')).toMatchObject({ status: 200, body: { user: null } });
    });

    test('@CurrentUser() changes when another user signs in', async () => {
      await signIn(browser);
      expect((await browser.post('/account/become', { id: 'bob' })).body).toEqual({ before: 'alice!' });

      expect((await browser.get('/account/me')).body).toMatchObject({ user: { name: 'bob!' } });
    });

    test('a failing user source is answered with 500, and the request is rejected', async () => {
      await signIn(browser, 'broken');

      expect((await browser.get('/account/me')).status).toBe(500);
      expect(log.recent('error').join()).toContain('the database of users is unavailable');
    });

    describe.each([
      ['with a source', { users: { load: (id: string) => ({ id, name: 'from the session' }) } }],
      ['without a source', {}],
    ])('%s, with another user on the request from another guard,', (_with, session) => {
      /** Takes the user from a header, like a guard for API keys or for a token. */
      class HeaderGuard implements CanActivate {
        canActivate(context: ExecutionContext): boolean {
          const request = context
            .switchToHttp()
            .getRequest<{ headers: Record<string, string>; user?: unknown }>();
          const { 'x-user': user } = request.headers;
          if (user !== undefined) request.user = JSON.parse(user) as unknown;
          return true;
        }
      }

      @Controller('two')
      class TwoController {
        @UseGuards(HeaderGuard)
        @Get('current')
        current(@CurrentUser('id') id: string, @CurrentUser() user: object) {
          return { id, name: 'name' in user ? user.name : null };
        }

        @UseGuards(HeaderGuard, SessionGuard)
        @Get('on-request')
        onRequest(@Req() request: { user?: { id?: unknown } }) {
          return { id: request.user?.id ?? null };
        }
      }

      let two: TestApp;
      let client: Client;
      beforeAll(async () => {
        two = await startApp(platform, { controllers: [AccountController, TwoController], session });
        client = two.client();
        await signIn(client);
      });

      test.each([
        '{"id":"mallory","name":"from the header"}',
        '{"sub":"mallory"}',
        '"mallory"',
        '{"id":null}',
        '{"id":{"id":"alice"}}',
        '7',
        'true',
      ])('@CurrentUser() is the user of the session, not %s', async (user) => {
        const headers = { 'X-User': user };
        const name = 'users' in session ? 'from the session' : null;

        expect((await client.get('/two/current', { headers })).body).toEqual({ id: 'alice', name });
        expect((await client.get('/two/on-request', { headers })).body).toEqual({ id: 'alice' });
      });

      test('@CurrentUser() is the object of another guard if it is the same user', async () => {
        const headers = { 'X-User': '{"id":"alice","name":"from the header"}' };
        const name = 'users' in session ? 'from the session' : 'from the header';

        expect((await client.get('/two/current', { headers })).body).toEqual({ id: 'alice', name });
      });
    });

    test('@CurrentUser() is { id } without a source', async () => {
      const plain = await startGuarded(platform);
      const client = plain.client();
      await signIn(client, 'carol');

      expect((await client.get('/account/me')).body).toEqual({ user: { id: 'carol' }, city: null });
      expect((await plain.client().get('/account/maybe')).body).toEqual({ user: null });
    });
  });
});
