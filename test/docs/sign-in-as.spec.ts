import { Controller, Get, type INestApplication, Module, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CurrentUser, SessionGuard, SessionModule } from 'nestjs-redis-session';
import { signInAs } from 'nestjs-redis-session/testing';
import request from 'supertest';
import type { App } from 'supertest/types.js';

@Controller()
@UseGuards(SessionGuard)
class AppController {
  @Get('me')
  me(@CurrentUser('id') id: string) {
    return { id };
  }
}

@Module({ imports: [SessionModule.forRoot({ store: 'memory' })], controllers: [AppController] })
class AppModule {}

// #region test
describe('my account', () => {
  let app: INestApplication<App>;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication();
    await app.init();
  });

  afterAll(() => app.close());

  it('the account page is shown to a signed-in user', async () => {
    const { cookie } = await signInAs(app, { id: 'alice' });
    await request(app.getHttpServer()).get('/me').set('Cookie', cookie).expect(200, { id: 'alice' });
  });

  it('the account page is hidden from an anonymous client', async () => {
    await request(app.getHttpServer()).get('/me').expect(401);
  });
});
// #endregion test
