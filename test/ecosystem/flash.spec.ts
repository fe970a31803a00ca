import { Controller, Get, HttpCode, Post, Redirect, Req, Res } from '@nestjs/common';
import connectFlash from 'connect-flash';
import fastifyFlash from '@fastify/flash';
import { startApp, type TestApp } from '../support/app.js';
import type { Platform } from '../support/platforms.js';
import { Browser } from './support/browser.js';
import { type AnyRequest, fastifyOf, nodeRequestOf, Site } from './support/site.js';
import { about } from './support/suite.js';

interface Flash {
  flash(type?: string, ...message: string[]): unknown;
}

function flashSuite(start: () => Promise<TestApp>): void {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => void (app = await start()));
  beforeEach(() => void (browser = new Browser(app)));

  test('a message written before a redirect is shown once after it', async () => {
    const saved = await browser.post('/save');
    expect(saved).toMatchObject({ status: 303, headers: { location: '/page' } });
    expect(saved.setCookies).toHaveLength(1);

    const shown = await browser.get('/page');
    expect(shown.body).toEqual({ info: ['Saved book'] });
    expect(shown.setCookies).toEqual([]);
    expect((await browser.get('/page')).body).toEqual({});
  });

  test('two messages are shown together, in their order', async () => {
    await browser.post('/save');
    await browser.post('/save');
    expect((await browser.get('/page')).body).toEqual({ info: ['Saved book', 'Saved book'] });
  });

  test('a message survives the following sign-in, and other fields stay unchanged', async () => {
    await browser.post('/cart');
    await browser.post('/save');
    await browser.post('/sign-in');
    expect((await browser.get('/page')).body).toEqual({ info: ['Saved book'] });
    expect((await browser.get('/cart')).body).toEqual({ cart: ['book'] });
  });

  test('a message is shown to its own visitor only, and reading begins a session for another visitor', async () => {
    await browser.post('/save');
    expect(await new Browser(app).get('/page')).toMatchObject({ body: {}, setCookies: [expect.any(String)] });
  });
}

about('connect-flash', (platform: Platform) => {
  @Controller()
  class Pages {
    @Post('save')
    @Redirect('/page', 303)
    save(@Req() request: AnyRequest) {
      (nodeRequestOf(request) as unknown as Flash).flash('info', 'Saved %s', 'book');
    }

    @Get('page')
    page(@Req() request: AnyRequest) {
      return (nodeRequestOf(request) as unknown as Flash).flash();
    }
  }

  flashSuite(() =>
    startApp(platform, { controllers: [Pages, Site], main: (app) => app.use(connectFlash()) }),
  );
});

about('@fastify/flash', (platform) => {
  @Controller()
  class Pages {
    @Post('save')
    @Redirect('/page', 303)
    save(@Req() request: Flash) {
      request.flash('info', 'Saved %s', 'book');
    }

    @Get('page')
    @HttpCode(200)
    page(@Res({ passthrough: true }) reply: Flash) {
      return reply.flash();
    }
  }

  flashSuite(() =>
    startApp(platform, {
      controllers: [Pages, Site],
      main: (app) => fastifyOf(app).register(fastifyFlash),
    }),
  );
});
