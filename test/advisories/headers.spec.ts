import type { ServerResponse } from 'node:http';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { Act } from '../support/stage.js';

onEachPlatform((platform) => {
  const scene = setScene(platform);
  const { act, actRaw } = scene;

  const HEADS: readonly [string, (response: ServerResponse) => ServerResponse][] = [
    ['names and values in turn', (response) => response.writeHead(200, ['X-One', '1', 'X-Two', '2'])],
    [
      'pairs',
      (response) =>
        response.writeHead(200, [
          ['X-One', '1'],
          ['X-Two', '2'],
        ] as never),
    ],
    ['a message and an array', (response) => response.writeHead(200, 'Fine', ['X-One', '1', 'X-Two', '2'])],
    ['an object', (response) => response.writeHead(200, { 'X-One': '1', 'X-Two': '2' })],
    [
      'nothing, after setHeader',
      (response) => response.setHeader('X-One', '1').setHeader('X-Two', '2').writeHead(200),
    ],
  ];
  test.each(HEADS)(
    'a call of writeHead with %s sends exactly the given headers, and adds those of the module [CVE-2025-7339]',
    async (_, head) => {
      const exchange = await actRaw((response, { session }) => {
        session['a'] = 1;
        head(response).end('done');
      });
      const { status, headers, sessionCookie, text } = await exchange.answer();

      expect({ status, text }).toEqual({ status: 200, text: expect.stringContaining('done') as string });
      expect(headers).toMatchObject({
        'x-one': '1',
        'x-two': '2',
        'cache-control': 'no-store',
        vary: 'Cookie',
      });
      expect(sessionCookie).toMatch(/^__Host-sid=[\w-]{46};/);
      expect(Object.keys(headers).filter((name) => /^\d+$/.test(name))).toEqual([]);
    },
  );

  const LOOKS: readonly [string, Act][] = [
    ['reads a field', (session) => ({ a: session['a'] })],
    ['checks whether a field exists', (session) => ({ has: 'a' in session })],
    ['counts the fields', (session) => ({ count: Object.keys(session).length })],
    ['iterates over the fields', (session) => ({ all: { ...session } })],
    ['reads the id', (session) => ({ hasId: session.id.length > 0 })],
    [
      'reads a property descriptor',
      (session) => ({ own: Object.getOwnPropertyDescriptor(session, 'a') !== undefined }),
    ],
    ['serializes the session as JSON', (session) => JSON.parse(JSON.stringify(session)) as object],
    [
      'looks up the user of the session',
      (_, request) => ({ user: scene.app.sessions.describe(request)?.userId ?? null }),
    ],
  ];
  test.each(LOOKS)(
    'a response varies by cookie if its handler %s [CVE-2023-30861] [CVE-2026-27205]',
    async (_what, look) => {
      for (const client of [scene.app.client(), scene.browser]) {
        expect((await act(look, client)).headers.vary).toBe('Cookie');
        await scene.begin();
      }
    },
  );

  test('a response whose handler does not use the session does not vary [CVE-2023-30861]', async () => {
    await scene.begin();
    const exchange = await actRaw((response) => response.end('12'));

    expect((await exchange.answer()).headers['vary']).toBeUndefined();
  });

  const SETS: readonly [string, Act][] = [
    ['a first write', (session) => void (session['a'] = 1)],
    ['a sign-in', (_, request) => scene.app.sessions.signIn(request, { id: 'alice' })],
    ['regenerate()', (session) => session.regenerate()],
    ['a sign-out', (session) => session.destroy()],
  ];
  test.each(SETS)(
    'a response that sets the cookie after %s may be stored by no cache [CVE-2025-48947]',
    async (what, set) => {
      if (what !== 'a first write') await scene.begin();
      const { headers, sessionCookie } = await act((session, request) => {
        const raw = request as unknown as { res?: ServerResponse; raw?: { res?: ServerResponse } };
        raw.res?.setHeader('Cache-Control', 'public, max-age=3600');
        return set(session, request);
      });

      expect(sessionCookie).not.toBeNull();
      expect(headers['cache-control']).toBe('no-store');
      expect(headers.vary).toBe('Cookie');
    },
  );
});
