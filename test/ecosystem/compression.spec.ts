import { Readable } from 'node:stream';
import { Controller, Get, Header, Redirect, StreamableFile } from '@nestjs/common';
import fastifyCompress from '@fastify/compress';
import compression from 'compression';
import { Session } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { AnySession } from '../support/stage.js';
import { Browser } from './support/browser.js';
import { fastifyOf, Site } from './support/site.js';
import { about } from './support/suite.js';

/** Text that exceeds the threshold of compression, and the size of one compressed chunk. */
const LINES = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);

function visit(session: AnySession): void {
  session['visits'] = Number(session['visits'] ?? 0) + 1;
}

@Controller()
class Pages {
  @Get('page')
  page(@Session() session: AnySession) {
    visit(session);
    return { lines: LINES };
  }

  @Get('stream')
  @Header('content-type', 'text/plain')
  stream(@Session() session: AnySession) {
    visit(session);
    return new StreamableFile(Readable.from(LINES.map((line) => `${line}\n`)), { type: 'text/plain' });
  }

  @Get('leave')
  @Redirect('/visits', 303)
  leave(@Session() session: AnySession) {
    visit(session);
  }

  @Get('visits')
  visits(@Session() session: AnySession) {
    return { visits: session['visits'] ?? 0 };
  }
}

function compressionSuite(start: () => Promise<TestApp>): void {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => void (app = await start()));
  beforeEach(() => void (browser = new Browser(app)));
  const visits = async () => (await browser.get('/visits')).body;

  test.each([
    ['page', JSON.stringify({ lines: LINES })],
    ['stream', LINES.map((line) => `${line}\n`).join('')],
  ])('a compressed %s arrives complete, with the cookie, and its changes are stored', async (path, text) => {
    const answer = await browser.get(`/${path}`);
    expect(answer.headers['content-encoding']).toMatch(/^(gzip|br|deflate|zstd)$/);
    expect(answer.text === text ? 'the same' : answer.text.slice(0, 200)).toBe('the same');
    expect(answer.setCookies).toHaveLength(1);
    expect(answer.headers.vary).toMatch(/\bcookie\b/i);
    expect(answer.headers.vary).toMatch(/\baccept-encoding\b/i);
    expect(await visits()).toEqual({ visits: 1 });

    expect((await browser.get(`/${path}`)).setCookies).toEqual([]);
    expect(await visits()).toEqual({ visits: 2 });
  });

  test('a client that accepts no compression receives the same response', async () => {
    const answer = await browser.get('/page', { headers: { 'accept-encoding': 'identity' } });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.body).toEqual({ lines: LINES });
    expect(await visits()).toEqual({ visits: 1 });
  });

  test('a redirect and a response to HEAD have the cookie, too', async () => {
    expect((await browser.get('/leave')).setCookies).toHaveLength(1);
    expect((await new Browser(app).send('/page', { method: 'HEAD' })).setCookies).toHaveLength(1);
    expect(await visits()).toEqual({ visits: 1 });
  });
}

about('compression', (platform) => {
  compressionSuite(() =>
    startApp(platform, { controllers: [Pages, Site], main: (app) => app.use(compression()) }),
  );
});

about('@fastify/compress', (platform) => {
  compressionSuite(() =>
    startApp(platform, {
      controllers: [Pages, Site],
      main: (app) => fastifyOf(app).register(fastifyCompress),
    }),
  );
});
