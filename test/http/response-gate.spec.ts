import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { startApp, type TestApp } from '../support/app.js';
import type { Answer } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { type RawRequest, Stage, staged } from '../support/stage.js';
import { StoreHook } from '../support/store-hook.js';
import { AnswersController, LARGE } from './answers.controller.js';

/** Time in which an unexpected byte would arrive. */
const A_WHILE_MS = 15;

const WRITES = ['create', 'commit', 'signIn', 'regenerate', 'destroy'] as const;

onEachPlatform((platform) => {
  const stage = new Stage();
  const hook = new StoreHook();
  let app: TestApp;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'static-'));
    await writeFile(join(folder, 'large.txt'), LARGE);
    app = await startApp(platform, {
      ...staged(stage),
      controllers: [...staged(stage).controllers, AnswersController],
      hook,
      main: (nest) => nest.use('/static', [writeOnDemand, express.static(folder)]),
    });
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(() => hook.reset());

  const answerTo = async (method: string, path: string, at = app) =>
    (await RawExchange.send(at.port, `${method} ${path}`)).answer();

  /** Sends a request that writes to its session, holds the write, and expects no byte before the write completes. */
  const answerThroughGate = async (method: string, path: string, at = app) => {
    const gate = hook.gate(...WRITES);
    const exchange = await RawExchange.send(at.port, `${method} ${path}?write`);
    await gate.arrived;
    await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
    expect(exchange.byteCount).toBe(0);
    gate.open();
    const answer = await exchange.answer();
    expect(answer.sessionCookie).not.toBeNull();
    return answer;
  };

  describe('the head of a response that waits for the commit', () => {
    test.each<[string, string, string, Partial<Answer>]>([
      ['a returned object', 'GET', '/answers/value', { status: 200, body: { hello: 'world' } }],
      ['a returned text', 'GET', '/answers/text', { status: 200, text: 'hello' }],
      ['a returned promise', 'GET', '/answers/later', { status: 200, body: { hello: 'later' } }],
      ['204', 'GET', '/answers/nothing', { status: 204, text: '' }],
      ['res.json and reply.send', 'GET', '/answers/json', { status: 200, body: { hello: 'world' } }],
      ['@Redirect', 'GET', '/answers/redirect', { status: 303 }],
      ['a manual redirect', 'GET', '/answers/redirect-by-hand', { status: 302 }],
      ['res.end', 'GET', '/answers/end', { status: 200, text: 'hello' }],
      ['a StreamableFile', 'GET', '/answers/file', { status: 200, text: LARGE.toString() }],
      ['a stream', 'GET', '/answers/stream', { status: 200, text: LARGE.toString() }],
      ['@Sse', 'GET', '/answers/events', { status: 200, text: '\nid: 1\ndata: one\n\nid: 2\ndata: two\n\n' }],
      ['a thrown HttpException', 'GET', '/answers/exception', { status: 400 }],
      ['an error of the application', 'GET', '/answers/crash', { status: 500 }],
      ['HEAD', 'HEAD', '/answers/value', { status: 200, text: '' }],
      ['HEAD of a file', 'HEAD', '/answers/file', { status: 200, text: '' }],
      ['POST', 'POST', '/answers/end', { status: 200, text: 'hello' }],
      ['a static file', 'GET', '/static/large.txt', { status: 200, text: LARGE.toString() }],
    ])('%s waits for the commit and otherwise arrives unchanged', async (_what, method, path, expected) => {
      const plain = await answerTo(method, path);
      const held = await answerThroughGate(method, path);

      expect(held).toMatchObject(expected);
      expect(withoutOurs(held)).toEqual(withoutOurs(plain));
    });

    const etag = '"1"';
    test.each<[string, (response: ServerResponse) => void, Partial<Answer>]>([
      [
        'writeHead with an object',
        (response) => response.writeHead(201, { 'X-A': 'a', 'X-N': 1 }).end('x'),
        { status: 201 },
      ],
      [
        'writeHead with an array',
        (response) => response.writeHead(201, ['X-A', 'a', 'X-B', 'b']).end('x'),
        { status: 201 },
      ],
      [
        'writeHead with a message and an array',
        (response) => response.writeHead(201, 'Well made', ['X-A', 'a', 'X-B', 'b']).end('x'),
        { status: 201, statusMessage: 'Well made' },
      ],
      [
        'writeHead with a message',
        (response) => response.writeHead(299, 'Fine').end('x'),
        { status: 299, statusMessage: 'Fine' },
      ],
      [
        'writeHead over headers that were set before',
        (response) =>
          response.setHeader('X-A', 'old').setHeader('X-B', 'b').writeHead(200, { 'x-a': 'new' }).end('x'),
        { status: 200 },
      ],
      [
        'writeHead with an array over headers that were set before',
        (response) => response.setHeader('X-A', 'old').writeHead(200, ['x-a', 'new', 'X-B', 'b']).end('x'),
        { status: 200 },
      ],
      [
        'a status message',
        (response) => Object.assign(response, { statusMessage: 'Fine' }).end('x'),
        { status: 200, statusMessage: 'Fine' },
      ],
      ['304', (response) => response.writeHead(304, { ETag: etag }).end(), { status: 304, text: '' }],
      ['flushHeaders', flushThenWrite, { status: 200, text: 'onetwo' }],
      [
        'write, write, end',
        (response) => [response.write('a'), response.write('b'), response.end('c')],
        { text: 'abc' },
      ],
      [
        'write in another encoding',
        (response) => [response.write('YQ==', 'base64'), response.end()],
        { text: 'a' },
      ],
      ['an empty end', (response) => response.end(), { status: 200, text: '' }],
      ['pipeline()', (response) => pipeline(Readable.from(['a', 'b']), response), { text: 'ab' }],
      ['trailers', writeTrailers, { status: 200 }],
    ])(
      'a response by %s waits for the commit and otherwise arrives unchanged',
      async (_what, respond, expected) => {
        stage.onRaw('answer', (response, request) => {
          if (request.url?.endsWith('?write')) request.session['written'] = true;
          respond(response);
        });
        const plain = await answerTo('GET', '/raw/answer');
        const held = await answerThroughGate('GET', '/raw/answer');

        expect(held).toMatchObject(expected);
        expect(withoutOurs(held)).toEqual(withoutOurs(plain));
      },
    );
  });

  describe('operations that the handler did not await', () => {
    test('the head waits for a save that the handler did not await', async () => {
      stage.on('save', (session) => {
        session['written'] = true;
        void session.save();
      });

      await answerThroughGate('POST', '/stage/save');
    });

    test.each(['signIn', 'regenerate', 'destroy'] as const)(
      'the head waits for a %s that the handler did not await',
      async (name) => {
        const gate = hook.gate(name);
        stage.on(name, async (session, request) => {
          session['written'] = true;
          await session.save();
          if (name === 'signIn') void app.sessions.signIn(request, { id: 'alice' });
          else void session[name]();
        });
        const exchange = await RawExchange.send(app.port, `POST /stage/${name}`);
        await gate.arrived;
        await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));

        expect(exchange.byteCount).toBe(0);
        gate.open();
        expect((await exchange.answer()).status).toBe(200);
      },
    );
  });

  test('changes of a request are stored before its response arrives', async () => {
    const browser = app.client();
    stage.on('count', (session) => (session['count'] = ((session['count'] as number | undefined) ?? 0) + 1));
    for (let count = 1; count <= 30; count++) {
      expect((await browser.post('/stage/count')).text).toBe(String(count));
    }
  });

  test('a large body that waits is not buffered in memory', async () => {
    let taken = 0;
    const source = () =>
      Readable.from(
        (function* () {
          for (; taken < LARGE.length; taken += 1 << 16) yield LARGE.subarray(taken, taken + (1 << 16));
        })(),
        { objectMode: false },
      );
    stage.onRaw('stream', (response, request) => {
      request.session['written'] = true;
      source().pipe(response);
    });
    const gate = hook.gate(...WRITES);
    const exchange = await RawExchange.send(app.port, 'GET /raw/stream');
    await gate.arrived;
    await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));

    expect(taken).toBeLessThan(LARGE.length / 4);
    gate.open();
    expect((await exchange.answer()).text).toBe(LARGE.toString());
  });

  test('a slow reader receives every byte of a stream that waited', async () => {
    const exchange = await RawExchange.send(app.port, 'GET /answers/stream?write');
    exchange.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 50));
    exchange.socket.resume();

    expect((await exchange.answer()).text).toBe(LARGE.toString());
  });

  describe('a waiting response behaves like a plain one for the handler', () => {
    test('headersSent, writableEnded and errors after the end are those of a plain response', async () => {
      const looks: unknown[] = [];
      const look = (response: ServerResponse) => [response.headersSent, response.writableEnded];
      const respond = (response: ServerResponse) => {
        looks.push(look(response));
        response.writeHead(200, { 'X-A': 'a' });
        looks.push(look(response));
        looks.push(codeOf(() => response.writeHead(200)));
        looks.push(codeOf(() => response.setHeader('X-B', 'b')));
        response.write('x');
        looks.push(codeOf(() => response.writeHead(200)));
        response.end();
        looks.push(look(response));
      };
      stage.onRaw('plain', (response) => respond(response));
      stage.onRaw('answer', (response, request) => {
        request.session['written'] = true;
        respond(response);
      });
      await answerTo('GET', '/raw/plain');
      const plain = looks.splice(0);
      await answerThroughGate('GET', '/raw/answer');

      expect(looks).toEqual(plain);
      expect(plain).toEqual([
        [false, false],
        [true, false],
        'ERR_HTTP_HEADERS_SENT',
        'ERR_HTTP_HEADERS_SENT',
        'ERR_HTTP_HEADERS_SENT',
        [true, true],
      ]);
    });

    test('finish and the callbacks of write and end are called once the response has been sent', async () => {
      const order: string[] = [];
      stage.onRaw('answer', (response, request) => {
        request.session['written'] = true;
        response.on('finish', () => order.push('finish'));
        response.write('x', () => order.push('write'));
        response.end(() => order.push('end'));
        order.push('returned');
      });
      await answerThroughGate('GET', '/raw/answer');

      expect(order[0]).toBe('returned');
      expect(order.slice(1).sort()).toEqual(['end', 'finish', 'write']);
    });
  });
});

/** Returns a response without the headers of the module and those that vary. */
function withoutOurs({ status, headers, text }: Answer) {
  const { date, 'set-cookie': _, vary, 'cache-control': cacheControl, ...rest } = headers;
  return { status, headers: rest, text };
}

function writeOnDemand(request: RawRequest, _response: ServerResponse, next: () => void): void {
  // `url` lacks the mount path, and serve-static must not receive the query.
  if (request.url?.endsWith('?write')) request.session['written'] = true;
  next();
}

function flushThenWrite(response: ServerResponse): void {
  response.flushHeaders();
  response.write('one');
  setTimeout(() => response.end('two'), 2);
}

function writeTrailers(response: ServerResponse): void {
  response.writeHead(200, { Trailer: 'X-End' });
  response.write('x');
  response.addTrailers({ 'X-End': 'yes' });
  response.end();
}

function codeOf(operation: () => unknown): unknown {
  try {
    operation();
    return 'no error';
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
