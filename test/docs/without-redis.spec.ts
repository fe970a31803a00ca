import { Controller, Get, type INestApplication, Module, Put, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CurrentUser,
  MemoryStore,
  RecentSignIn,
  SESSION_STORE,
  SessionGuard,
  SessionModule,
} from 'nestjs-redis-session';
import { signInAs, TestClock } from 'nestjs-redis-session/testing';
import request from 'supertest';
import type { App } from 'supertest/types.js';

@Controller()
@UseGuards(SessionGuard)
class AppController {
  @Get('me')
  me(@CurrentUser('id') id: string) {
    return { id };
  }

  @Put('email')
  @RecentSignIn('5m')
  changeEmail() {
    return { changed: true };
  }
}

@Module({
  imports: [
    SessionModule.forRootAsync({
      // As in production: a host that no test can reach, and options that only Redis needs.
      useFactory: () => Promise.resolve({ redis: 'redis://redis.invalid', prefix: 'shop:', cache: true }),
    }),
  ],
  controllers: [AppController],
})
class AppModule {}

// #region test
describe('the application, without Redis', () => {
  const clock = new TestClock();
  let app: INestApplication<App>;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(SESSION_STORE)
      .useValue(new MemoryStore({ clock }))
      .compile();
    app = module.createNestApplication();
    await app.init();
  });

  afterAll(() => app.close());

  it('lets its users sign in', async () => {
    const { cookie } = await signInAs(app, { id: 'alice' });
    await request(app.getHttpServer()).get('/me').set('Cookie', cookie).expect(200, { id: 'alice' });
  });

  it('wants a recent sign-in before the address changes', async () => {
    const { cookie } = await signInAs(app, { id: 'alice' });
    await request(app.getHttpServer()).put('/email').set('Cookie', cookie).expect(200);
    clock.advance('6m');
    await request(app.getHttpServer()).put('/email').set('Cookie', cookie).expect(403);
  });

  it('signs a user out who does nothing for too long', async () => {
    const { cookie } = await signInAs(app, { id: 'alice' });
    clock.advance('40m');
    await request(app.getHttpServer()).get('/me').set('Cookie', cookie).expect(401);
  });
});
// #endregion test
