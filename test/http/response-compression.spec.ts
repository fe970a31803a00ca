import { gunzipSync } from 'node:zlib';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { type Scenario, startApp, type TestApp } from '../support/app.js';
import { compression } from '../support/compression.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { Stage, staged } from '../support/stage.js';
import { StoreHook } from '../support/store-hook.js';
import { AnswersController, LARGE } from './answers.controller.js';

/** Time in which an unexpected byte would arrive. */
const A_WHILE_MS = 15;

onEachPlatform((platform) => {
  const stage = new Stage();
  const hook = new StoreHook();
  afterEach(() => hook.reset());

  describe.each<[string, (mount: typeof compression) => Scenario]>([
    ['before', (mount) => ({ early: (adapter) => mountEarly(adapter, mount) })],
    ['after', (mount) => ({ main: (nest) => nest.use(mount) })],
  ])('with compression middleware installed %s the module', (_when, install) => {
    let compressed: TestApp;

    beforeAll(async () => {
      compressed = await startApp(platform, {
        ...install(compression),
        controllers: [AnswersController, ...staged(stage).controllers],
        providers: staged(stage).providers,
        hook,
      });
    });

    const unzipped = async (path: string) => {
      const gate = hook.gate('create');
      const exchange = await RawExchange.send(compressed.port, `GET ${path}?write`);
      await gate.arrived;
      await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
      expect(exchange.byteCount).toBe(0);
      gate.open();
      const answer = await exchange.answer();
      expect(answer.headers['content-encoding']).toBe('gzip');
      expect(answer.sessionCookie).not.toBeNull();
      expect(answer.headers.vary).toMatch(/Cookie/);
      expect(answer.headers.vary).toMatch(/Accept-Encoding/);
      return gunzipSync(Buffer.from(answer.text, 'latin1')).toString();
    };

    test.each([
      ['a returned value', '/answers/value', '{"hello":"world"}'],
      ['a stream', '/answers/stream', LARGE.toString()],
      ['a file', '/answers/file', LARGE.toString()],
      ['server-sent events', '/answers/events', '\nid: 1\ndata: one\n\nid: 2\ndata: two\n\n'],
    ])('the head waits, and every byte of %s arrives', async (_what, path, expected) => {
      expect(await unzipped(path)).toBe(expected);
    });

    test('several writes while the head waits arrive in order', async () => {
      stage.onRaw('writes', (response, request) => {
        request.session['written'] = true;
        for (const text of ['one,', 'two,', 'three']) response.write(text);
        response.end();
      });

      expect(await unzipped('/raw/writes')).toBe('one,two,three');
    });
  });
});

function mountEarly(adapter: AbstractHttpAdapter, mount: typeof compression): void {
  const instance = adapter.getInstance<{
    use?: (handler: typeof compression) => void;
    addHook?: (name: string, hook: (request: Wrapped, reply: Wrapped, done: () => void) => void) => void;
  }>();
  instance.addHook?.('onRequest', (request, reply, done) =>
    mount(request.raw as never, reply.raw as never, done),
  );
  if (!instance.addHook) instance.use?.(mount);
}

interface Wrapped {
  readonly raw: unknown;
}
