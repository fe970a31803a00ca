import { Controller, Get, type INestApplication, Module, Post, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CurrentUser,
  OnOutage,
  Public,
  Session,
  SessionGuard,
  SessionHealth,
  SessionModule,
} from 'nestjs-redis-session';
import { FaultProxy, signInAs } from 'nestjs-redis-session/testing';
import { setTimeout as wait } from 'node:timers/promises';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';

@Controller()
@UseGuards(SessionGuard)
class ShopController {
  @Get()
  @Public()
  @OnOutage('anonymous')
  home(@Session() session: Session<{ name: string }>) {
    return { greeting: `Hello, ${session.name ?? 'stranger'}` };
  }

  @Get('me')
  me(@CurrentUser('id') id: string) {
    return { id };
  }

  @Post('logout')
  async logout(@Session() session: Session) {
    await session.destroy();
  }
}

@Module({
  imports: [
    SessionModule.forRootAsync({
      useFactory: () => ({
        redis: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
        cookie: { secure: 'auto' as const },
        redisChecks: { ignore: ['no-persistence' as const] },
      }),
    }),
  ],
  controllers: [ShopController],
})
class AppModule {}

let redis: RedisServer;
const { REDIS_URL: before } = process.env;

beforeAll(async () => {
  redis = await startRedisServer();
  process.env['REDIS_URL'] = redis.url;
});
afterAll(async () => {
  await redis.stop();
  process.env['REDIS_URL'] = before;
});

// #region rehearsal
describe('the shop during an outage of Redis', () => {
  let proxy: FaultProxy;
  let app: INestApplication<App>;
  let cookie: string;

  const get = (path: string) => request(app.getHttpServer()).get(path).set('Cookie', cookie);
  const post = (path: string) => request(app.getHttpServer()).post(path).set('Cookie', cookie);

  beforeAll(async () => {
    proxy = await FaultProxy.start(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
    process.env.REDIS_URL = proxy.url; // before the application reads its options
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication();
    await app.init();
  });

  afterAll(async () => {
    await app.close();
    await proxy.stop();
  });

  beforeEach(async () => {
    await proxy.pass();
    await recovery(app);
    ({ cookie } = await signInAs(app, { id: 'alice' }));
  });

  it.each<[string, () => unknown]>([
    ['refuses connections', () => proxy.refuse()],
    ['is frozen', () => proxy.freeze()],
    ['is slow', () => proxy.slow('400ms')], // longer than outage.deadline
  ])('answers 503 where it needs a user, and serves the home page, while Redis %s', async (_fault, begin) => {
    await begin();
    await get('/me').expect(503).expect('Retry-After', /\d+/);
    await get('/').expect(200, { greeting: 'Hello, stranger' });

    await proxy.pass();
    await recovery(app);
    await get('/me').expect(200, { id: 'alice' }); // no user was signed out
  });

  it('serves the next request after its connection was cut', async () => {
    proxy.cut();
    await recovery(app);
    await get('/me').expect(200, { id: 'alice' });
  });

  it('recovers from a half-open connection by itself, without pass()', async () => {
    proxy.halfOpen();
    await recovery(app);
    await get('/me').expect(200, { id: 'alice' });
  });

  it('reports a sign-out that was lost as failed, and the user can repeat it', async () => {
    await proxy.refuse();
    await post('/logout').expect(503);
    await proxy.pass();
    await recovery(app);
    await get('/me').expect(200, { id: 'alice' });
    await post('/logout').expect(201);
    await get('/me').expect(401);
  });

  it('never reports success for a sign-out whose reply was lost', async () => {
    const cut = proxy.cutAfterRequest((command) => command.toLowerCase().includes('eval'));
    const { status } = await post('/logout');
    expect(await cut).toBe(true);
    expect(status).toBe(503); // Redis has ended the session, and the application cannot know
    await recovery(app);
    await get('/me').expect(401);
  });
});

/** Waits until sessions can be served. */
async function recovery(app: INestApplication): Promise<void> {
  const health = app.get(SessionHealth);
  for (;;) {
    const { status, breaker } = await health.report();
    if (status === 'up' && breaker === 'closed') return;
    await wait(20);
  }
}
// #endregion rehearsal
