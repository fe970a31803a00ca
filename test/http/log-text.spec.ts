import { ConsoleLogger, Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { IsInt } from 'class-validator';
import { redis } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { Act } from '../support/stage.js';

/** A name that forges a line of the log, erases the preceding text and reverses the writing direction. */
const FORGED = 'x\n[Nest] 1 - LOG [Auth] admin signed in\u001b[2K\u009b2K\u2028\u202e';

class Data {
  @IsInt()
  visits?: number;
}

onEachPlatform((platform) => {
  const scene = setScene(platform, { session: { data: { class: Data } } });
  const written: string[] = [];

  beforeEach(() => {
    written.length = 0;
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    }
    Logger.overrideLogger(new ConsoleLogger({ colors: false }));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    Logger.overrideLogger(log);
  });

  describe('a name chosen by a client', () => {
    test.each<[string, Act, number]>([
      ['a value that cannot be stored', (session) => void (session[FORGED] = { [FORGED]: 1n }), 500],
      ['a value that JSON changes', (session) => void (session[FORGED] = [new Date()]), 200],
      ['increment() by a fraction', (session) => session.increment(FORGED as never, 0.5), 500],
      ['increment() by a string', (session) => session.increment('a' as never, FORGED as never), 500],
      [
        'increment() of a field without a number',
        (session) => {
          session[FORGED] = 'text';
          return session.increment(FORGED as never);
        },
        500,
      ],
      ['a name that ends in a lone surrogate', (session) => void (session[`${FORGED}\ud800`] = 1), 500],
      [
        'a key that could reach a prototype',
        (session) => void (session['a'] = JSON.parse(`{${JSON.stringify(FORGED)}:{"__proto__":1}}`)),
        500,
      ],
    ])('a name chosen by a client stays on one line of the log, escaped: %s', async (_what, act, status) => {
      expect((await scene.act(act)).status).toBe(status);

      await new Promise((resolve) => setImmediate(resolve));
      expectOneLine(written.join(''));
    });

    test('the name of an unusable stored field stays on one line of the log, escaped', async () => {
      const id = await scene.begin();
      await redis().hset(scene.app.keyOf(id), `.${FORGED}`, '{"half":');
      await scene.act((session) => ({ ...session }));

      expect((await scene.app.eventsOf('invalid-data')).map(({ field }) => field)).toEqual([FORGED]);
      expectOneLine(written.join(''));
    });

    test('a long name is truncated', async () => {
      await scene.act((session) => void (session['x'.repeat(5_000)] = 1n));

      expect(written.join('')).toContain(`session.${'x'.repeat(100)}… cannot be stored`);
      expect(written.join('')).not.toContain('x'.repeat(101));
    });
  });
});

function expectOneLine(text: string): void {
  expect(text).toContain('x\\n[Nest] 1 - LOG [Auth] admin signed in\\u{1b}[2K\\u{9b}2K\\u{2028}\\u{202e}');
  // eslint-disable-next-line no-control-regex -- control characters are the subject of this test
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  for (const line of text.split('\n'))
    expect(line).toMatch(/^$|^\[Nest\] \d+ +- .* \[SessionModule\] | {4}at |^SessionValueError: |^Error: /);
}
