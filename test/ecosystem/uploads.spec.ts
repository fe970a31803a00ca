import { createHash } from 'node:crypto';
import { Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import fastifyMultipart from '@fastify/multipart';
import multer from 'multer';
import { Session } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { AnySession } from '../support/stage.js';
import { Browser, type Page } from './support/browser.js';
import { type AnyRequest, fastifyOf, Site } from './support/site.js';
import { about } from './support/suite.js';

/** A file that exceeds the buffer of a socket. */
const CONTENT = Buffer.alloc(400_000, 'a picture ');
const MAX_BYTES = 1_000_000;

interface Uploaded {
  readonly name: string;
  readonly digest: string;
}

type Note = (session: AnySession, name: string, content: Buffer) => Promise<Uploaded>;

const note: Note = async (session, name, content) => {
  const uploaded = { name, digest: digestOf(content) };
  await session.update('files', (files) => [...((files ?? []) as Uploaded[]), uploaded]);
  session['last'] = name;
  return uploaded;
};

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function uploadSuite(start: () => Promise<TestApp>): void {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => void (app = await start()));
  beforeEach(() => void (browser = new Browser(app)));

  function upload(name: string, content = CONTENT): Promise<Page> {
    const body = new FormData();
    body.append('file', new Blob([content]), name);
    return browser.send('/upload', { method: 'POST', body });
  }
  const files = async () => (await browser.get('/files')).body;

  test('a file arrives complete, and the note about it is stored in the session', async () => {
    await browser.post('/sign-in');
    const answer = await upload('a.png');
    expect(answer).toMatchObject({ status: 201, body: { name: 'a.png', digest: digestOf(CONTENT) } });
    expect(answer.setCookies).toEqual([]);
    expect(await files()).toEqual({ files: [answer.body], last: 'a.png' });
    expect((await browser.get('/me')).body).toEqual({ id: 'alice' });
  });

  test('a visitor’s first upload begins the session', async () => {
    expect((await upload('a.png')).setCookies).toHaveLength(1);
    expect(await files()).toMatchObject({ last: 'a.png' });
  });

  test('parallel uploads are all stored', async () => {
    await browser.post('/cart');
    await Promise.all(['a', 'b', 'c'].map((name) => upload(name)));
    const { files: all } = (await files()) as { files: Uploaded[] };
    expect(all.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
  });

  test('an upload that is too large is rejected, and the session stays', async () => {
    await browser.post('/cart');
    expect((await upload('a.png', Buffer.alloc(MAX_BYTES + 1))).status).toBeGreaterThanOrEqual(400);
    expect(await files()).toEqual({ files: [], last: null });
    expect((await browser.get('/cart')).body).toEqual({ cart: ['book'] });
  });
}

@Controller()
class Files {
  @Get('files')
  files(@Session() session: AnySession) {
    return { files: session['files'] ?? [], last: session['last'] ?? null };
  }
}

about('multer', (platform) => {
  @Controller()
  class Uploads {
    @Post('upload')
    upload(
      @Req() request: AnyRequest & { readonly file: Express.Multer.File },
      @Session() session: AnySession,
    ) {
      return note(session, request.file.originalname, request.file.buffer);
    }
  }

  const upload = multer({ limits: { fileSize: MAX_BYTES } });
  uploadSuite(() =>
    startApp(platform, {
      controllers: [Uploads, Files, Site],
      main: (app) => app.use('/upload', upload.single('file')),
    }),
  );
});

about('@fastify/multipart', (platform) => {
  interface MultipartRequest {
    file(): Promise<{ filename: string; toBuffer(): Promise<Buffer> }>;
  }

  @Controller()
  class Uploads {
    @Post('upload')
    @HttpCode(201)
    async upload(@Req() request: MultipartRequest, @Session() session: AnySession) {
      const file = await request.file();
      return note(session, file.filename, await file.toBuffer());
    }
  }

  uploadSuite(() =>
    startApp(platform, {
      controllers: [Uploads, Files, Site],
      main: (app) => fastifyOf(app).register(fastifyMultipart, { limits: { fileSize: MAX_BYTES } }),
    }),
  );
});
