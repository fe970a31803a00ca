import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { setScene } from '../support/scene.js';
import type { Act } from '../support/stage.js';
import { LARGE } from './answers.controller.js';

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { actRaw, begin, fields, hook, stage } = scene;

  describe('when the client disconnects', () => {
    const abortDuring = async (handler: Act, whenToAbort: Promise<unknown>) => {
      let finished: () => void = () => undefined;
      const done = new Promise<void>((resolve) => (finished = resolve));
      stage.on('aborted', async (session, request) => {
        try {
          return await handler(session, request);
        } finally {
          finished();
        }
      });
      const exchange = await RawExchange.send(
        scene.app.port,
        'GET /stage/aborted',
        `Cookie: ${scene.browser.cookie ?? ''}`,
      );
      await whenToAbort;
      exchange.socket.destroy();
      await done;
      await delay(10);
    };

    test('a save by the handler is stored after the client has disconnected', async () => {
      await begin();
      const abort = delay(10);
      await abortDuring(async (session) => {
        await delay(25);
        session['saved'] = true;
        await session.save();
      }, abort);

      expect(await fields()).toEqual({ a: 1, saved: true });
      expect(log.troubles).toEqual([]);
    });

    test('a change without a save is stored after the client has disconnected, too', async () => {
      await begin();
      const abort = delay(10);
      await abortDuring(async (session) => {
        await delay(25);
        session['changed'] = true;
      }, abort);

      expect(await fields()).toEqual({ a: 1, changed: true });
    });

    test('the write completes without an error if the client disconnects while the head waits', async () => {
      await begin();
      const gate = hook.gate('commit');
      await abortDuring((session) => void (session['changed'] = true), gate.arrived);
      gate.open();
      await delay(10);

      expect(await fields()).toEqual({ a: 1, changed: true });
      expect(log.troubles).toEqual([]);
    });

    test('the source of a waiting stream is destroyed if the client disconnects', async () => {
      await begin();
      const source = Readable.from(
        (function* () {
          for (;;) yield LARGE;
        })(),
        { objectMode: false },
      );
      const exchange = await actRaw((response, { session }) => {
        session['a'] = 2;
        pipeline(source, response).catch(() => undefined);
      });
      await exchange.until('200 OK');
      exchange.socket.destroy();
      await new Promise((resolve) => source.on('error', () => undefined).on('close', resolve));

      expect(source.destroyed).toBe(true);
    });
  });
});
