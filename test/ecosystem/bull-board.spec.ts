import { randomUUID } from 'node:crypto';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { FastifyAdapter } from '@bull-board/fastify';
import { BullBoardModule } from '@bull-board/nestjs';
import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Controller, Post } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Session } from 'nestjs-redis-session';
import { REDIS_URL, startApp, type TestApp } from '../support/app.js';
import type { AnySession } from '../support/stage.js';
import { Browser } from './support/browser.js';
import { type NodeRequest, type NodeResponse, Site } from './support/site.js';
import { about } from './support/suite.js';

@Controller()
class Admins {
  @Post('become-admin')
  become(@Session() session: AnySession) {
    session['isAdmin'] = true;
  }
}

function adminsOnly(request: NodeRequest, response: NodeResponse, next: () => void): void {
  if (request.session['isAdmin']) return next();
  response.statusCode = 403;
  response.end('Forbidden');
}

about('@bull-board/nestjs', (platform) => {
  let app: TestApp;
  let queue: Queue;
  beforeAll(async () => {
    const { hostname: host, port } = new URL(REDIS_URL);
    app = await startApp(platform, {
      imports: [
        BullModule.forRoot({ connection: { host, port: Number(port) }, prefix: `bull:${randomUUID()}` }),
        BullModule.registerQueue({ name: 'mail' }),
        BullBoardModule.forRoot({
          route: '/queues',
          adapter: platform.name === 'Express' ? ExpressAdapter : FastifyAdapter,
        }),
        BullBoardModule.forFeature({ name: 'mail', adapter: BullMQAdapter }),
      ],
      controllers: [Admins, Site],
      // The module's own option `middleware` would protect the page on Fastify, but not the data behind it.
      main: (nest) => nest.use('/queues', adminsOnly),
    });
    queue = app.app.get<Queue>(getQueueToken('mail'));
    await queue.add('welcome', { to: 'alice' });
  });
  afterAll(() => queue.obliterate({ force: true }));

  test('the session decides which users see the board, its data and its files', async () => {
    const browser = new Browser(app);
    for (const path of ['/queues', '/queues/api/queues', '/queues/queue/mail']) {
      expect({ path, status: (await browser.get(path)).status }).toEqual({ path, status: 403 });
    }
    await browser.post('/become-admin');

    const page = await browser.get('/queues');
    expect(page).toMatchObject({ status: 200, setCookies: [] });
    expect(page.text).toContain('<html');
    const data = await browser.get('/queues/api/queues?activeQueue=mail&page=1&jobsPerPage=10');
    expect(data).toMatchObject({ status: 200, setCookies: [] });
    expect(data.body).toMatchObject({ queues: [{ name: 'mail', jobs: [{ name: 'welcome' }] }] });
  });

  test('sessions and jobs share a Redis without affecting each other', async () => {
    const browser = new Browser(app);
    await browser.post('/sign-in');
    await queue.add('goodbye', {});
    expect(await queue.getWaitingCount()).toBeGreaterThanOrEqual(2);
    expect(await app.sessions.count('alice')).toBe(1);
    await app.sessions.revokeAll('alice');
    expect(await queue.getWaitingCount()).toBeGreaterThanOrEqual(2);
  });
});
