import { randomBytes } from 'node:crypto';
import { wrongOptions } from '../support/wrong-options.js';
import { redis } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { RawExchange } from '../support/raw-exchange.js';
import { setScene } from '../support/scene.js';

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { begin, hook, stage } = scene;
  const token = () => scene.browser.cookie?.slice('__Host-sid='.length) ?? '';
  const read = async (...lines: string[]) => {
    stage.on('read', (session) => ({ ...session }));
    return (await RawExchange.send(scene.app.port, 'GET /stage/read', ...lines)).answer();
  };
  /** Expects an anonymous request that makes no call to the store. */
  const expectIgnored = async (...lines: string[]) => {
    hook.calls.length = 0;
    const { status, body } = await read(...lines);
    expect({ lines, status, body, calls: [...hook.calls] }).toEqual({
      lines,
      status: 200,
      body: {},
      calls: [],
    });
  };

  test('a cookie without a name is never read as the cookie in its value [CVE-2023-23934]', async () => {
    await begin();
    await expectIgnored(`Cookie: =__Host-sid=${token()}`);
    await expectIgnored(`Cookie: a=1; =__Host-sid=${token()}; =`);
  });

  test.each<[string, (token: string) => string]>([
    ['a Unicode space before the name', (value) => `\xe2\x80\x80__Host-sid=${value}`],
    ['a no-break space before the name', (value) => `a=1; \xa0__Host-sid=${value}`],
    ['a next-line character before the name', (value) => `a=1; \x85__Host-sid=${value}`],
    ['a tab before the name', (value) => `a=1; \t__Host-sid=${value}`],
    ['$Version with a comma', (value) => `$Version=1, __Host-sid=${value}`],
    ['$Version with a quoted value', (value) => `$Version=1; a="x, __Host-sid=${value}"`],
    ['a cookie between two quotes', (value) => `a="x; b=${value}; __Host-sid="${value}"`],
  ])(
    '%s makes no session cookie of another cookie [ADV-portswigger-cookie-prefix]',
    async (_what, header) => {
      await begin();
      hook.calls.length = 0;
      const { body } = await read(`Cookie: ${header(token())}`);

      expect({ body, calls: hook.calls }).toEqual({ body: {}, calls: [] });
    },
  );

  test('a request looks up a fixed number of cookies at most, however many the client sends [GHSA-q5pr-72pq-83v3]', async () => {
    for (const count of [5, 200]) {
      hook.calls.length = 0;
      const cookies = Array.from(
        { length: count },
        () => `__Host-sid=${randomBytes(33).toString('base64url')}xy`,
      );
      expect((await read(`Cookie: ${cookies.join('; ')}`)).status).toBe(200);
      expect(hook.calls.filter((call) => call === 'load')).toHaveLength(4);
    }
  });

  test('only the characters of a token become part of a key [CVE-2025-61686]', async () => {
    await begin();
    const value = token();
    for (const bad of ['../', '*', '{a}', ':u:', '%2e', 'a/b', '\\', '?', '[a', 'u:alice']) {
      await expectIgnored(`Cookie: __Host-sid=${bad}${value.slice(bad.length)}`);
    }
    for (const id of ['../../etc', '*', '{aaa}:u:alice', 'a'.repeat(26), '', '__proto__']) {
      expect(await scene.app.sessions.get(id)).toBeNull();
      expect(await scene.app.sessions.revoke(id)).toBe(false);
    }
    expect(hook.calls).toEqual([]);
  });

  test('a header named __proto__ causes no error [CVE-2026-21710]', async () => {
    await begin();
    const { status, body } = await read('__proto__: x', 'constructor: y', `Cookie: __Host-sid=${token()}`);

    expect({ status, body }).toEqual({ status: 200, body: { a: 1 } });
  });

  test('data from a client is never deserialized, and stored data revives no objects [GHSA-2ffv-r4r9-r8xr] [GHSA-2867-6rrm-38gr]', async () => {
    await begin();
    const payloads = [
      'O:8:"stdClass":0:{}',
      '{"passport":{"user":1}}',
      Buffer.from('{"a":2}').toString('base64'),
    ];
    for (const payload of payloads) await expectIgnored(`Cookie: __Host-sid=${payload}`);
    const id = await begin();
    const [key, pollution] = [scene.app.keyOf(id), '{"__proto__":{"isAdmin":true}}'];
    await redis().hset(
      key,
      '.evil',
      'O:8:"stdClass":0:{}',
      '.call',
      '{"$fn":"process.exit()"}',
      '.up',
      pollution,
    );

    expect((await read(`Cookie: ${scene.browser.cookie}`)).body).toEqual({
      a: 1,
      call: { $fn: 'process.exit()' },
    });
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    expect((await scene.app.eventsOf('invalid-data')).map(({ field }) => field).sort()).toEqual([
      'evil',
      'up',
    ]);
  });
});

describe('the cookie option', () => {
  const BAD = ['a;b', 'a\r\nSet-Cookie: x=1', 'a\0b', 'café', 'a\x7f', 'a\u2028'];

  test.each(BAD)(
    'the cookie options name, path and domain reject %j [CVE-2024-47764] [GHSA-pxg6-pf52-xh8x]',
    (bad) => {
      expect(wrongOptions({ cookie: { name: bad } })).toEqual(['cookie.name']);
      expect(wrongOptions({ cookie: { path: `/${bad}` } })).toEqual(['cookie.path']);
      const domain = `${bad}.example`;
      expect(wrongOptions({ cookie: { name: 'sid', domain } })).toEqual(['cookie.domain']);
    },
  );

  test.each(['a,b', 'a b', 'a"b', 'a=b'])(
    'the cookie option name rejects %j [CVE-2024-47764] [GHSA-pxg6-pf52-xh8x]',
    (bad) => {
      expect(wrongOptions({ cookie: { name: bad } })).toEqual(['cookie.name']);
    },
  );
});
