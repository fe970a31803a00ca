import { type CanActivate, type ExecutionContext, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SessionModule } from 'nestjs-redis-session';
import { REDIS_URL, startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import {
  AccountController,
  GLOBAL_GUARD,
  GuardedController,
  MethodGuardedController,
  signIn,
  startGuarded,
} from './guarded.app.js';

onEachPlatform((platform) => {
  describe('SessionGuard', () => {
    describe('for the whole application', () => {
      let app: TestApp;
      let browser: Client;
      beforeAll(async () => {
        app = await startGuarded(platform);
      });
      beforeEach(() => {
        browser = app.client();
      });

      test('SessionGuard accepts signed-in clients only', async () => {
        expect((await browser.get('/account/me')).status).toBe(401);
        await signIn(browser);

        expect(await browser.get('/account/me')).toMatchObject({
          status: 200,
          body: { user: { id: 'alice' } },
        });
      });

      test('SessionGuard accepts all clients if a handler or its controller is @Public()', async () => {
        expect(await browser.get('/account/maybe')).toMatchObject({ status: 200, body: { user: null } });
        expect(await browser.get('/open')).toMatchObject({ status: 200, body: { open: true } });
      });

      test('SessionGuard rejects an anonymous session', async () => {
        await browser.post('/account/visit');

        expect(browser.cookie).not.toBeNull();
        expect(await browser.get('/account/me')).toMatchObject({
          status: 401,
          body: { reason: 'anonymous' },
        });
      });

      test('responses that depend on the cookie have Vary: Cookie, including rejections', async () => {
        expect((await browser.get('/account/me')).headers.vary).toBe('Cookie');
        await signIn(browser);
        expect((await browser.get('/account/me')).headers.vary).toBe('Cookie');
        expect((await browser.get('/open')).headers.vary).toBeUndefined();
      });
    });

    test.each<[string, object]>([
      ['method', MethodGuardedController],
      ['controller', GuardedController],
    ])('SessionGuard on a %s guards nothing else', async (where, controller) => {
      const app = await startApp(platform, { controllers: [controller as never, AccountController] });
      const browser = app.client();

      expect(await browser.get(`/by-${where}/open`)).toMatchObject({ status: 200, body: { open: true } });
      expect(await browser.get(`/by-${where}/guarded`)).toMatchObject({
        status: 401,
        body: { reason: 'anonymous' },
      });
      await signIn(browser);
      expect(await browser.get(`/by-${where}/guarded`)).toMatchObject({ status: 200, body: { in: true } });
    });

    test('SessionGuard is found if a module that is not global is imported', async () => {
      const sessions = SessionModule.forRoot({
        redis: REDIS_URL,
        isGlobal: false,
        prefix: `test:${Math.random()}:`,
      });
      @Module({ imports: [sessions], controllers: [AccountController, GuardedController] })
      class AccountModule {}
      const app = await startApp(platform, { sessionModule: sessions, imports: [AccountModule] });
      const browser = app.client();
      await signIn(browser);

      expect((await browser.get('/by-controller/guarded')).status).toBe(200);
    });

    test('SessionGuard sets the user on the request before later guards run', async () => {
      class AdminGuard implements CanActivate {
        canActivate(context: ExecutionContext): boolean {
          return context.switchToHttp().getRequest<{ user: { role: string } }>().user.role === 'admin';
        }
      }
      const app = await startApp(platform, {
        controllers: [AccountController],
        providers: [GLOBAL_GUARD, { provide: APP_GUARD, useClass: PublicOr(AdminGuard) }],
        session: { users: { load: (id) => ({ id, role: id === 'root' ? 'admin' : 'user' }) } },
      });
      const [admin, user] = [app.client(), app.client()];
      await signIn(admin, 'root');
      await signIn(user, 'alice');

      expect((await admin.get('/account/me')).status).toBe(200);
      expect((await user.get('/account/me')).status).toBe(403);
      expect((await app.client().get('/account/me')).status).toBe(401);
    });
  });
});

/** Returns a guard that accepts the sign-in route, as an application would write it. */
function PublicOr(Guard: new () => CanActivate) {
  return class extends Guard {
    override canActivate(context: ExecutionContext) {
      const { url } = context.switchToHttp().getRequest<{ url: string }>();
      return url === '/account/sign-in' || super.canActivate(context);
    }
  };
}
