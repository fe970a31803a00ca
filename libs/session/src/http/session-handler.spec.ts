import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryApplication, type Data } from '../../../../test/support/session-runtime.js';
import { Meter } from '../core/runtime/statistics.js';
import { resolveCookie } from '../options/cookie-options.js';
import { CookieTransport } from './cookie-transport.js';
import { CurrentUsers } from './current-user.js';
import { requestSessionOf } from './request-session.js';
import { SessionHandler } from './session-handler.js';
import type { HeaderLine, TokenTransport } from './token-transport.js';

const COOKIE = new CookieTransport(resolveCookie({ secure: false }), () => undefined);

/** Carries tokens in a header of their own, as a client without cookies needs. */
const HEADER: TokenTransport = {
  requestHeader: 'X-Session',
  read: ({ headers }) => [headers['x-session'] ?? []].flat(),
  set: (_request, token): HeaderLine[] => [['X-Session', token]],
  clear: (): HeaderLine[] => [['X-Session', '']],
  present: (_connection, token): HeaderLine => ['X-Session', token],
};

/** Starts a server of Node, without Nest, whose handler counts visits in the session. */
async function serve(transport: TokenTransport, isPrepared: boolean) {
  const { app, store } = memoryApplication();
  const { runtime } = app;
  const handler = new SessionHandler({
    runtime,
    transport,
    users: new CurrentUsers(undefined, runtime.principal),
    device: undefined,
    onOutage: 'fail',
    responses: { noStore: false, signOutLine: null },
    csrf: { origins: new Set<string>(), tokens: null },
    load: 'eager',
    exclude: null,
    meter: new Meter(),
    logger: { error: () => undefined },
  });
  const server = createServer((request, response) => {
    if (isPrepared) handler.prepare(request, response);
    handler.handle(request, response, () => {
      const { session } = request as IncomingMessage & { session: Data };
      if (request.url === '/count') session['count'] = ((session['count'] as number | undefined) ?? 0) + 1;
      if (request.url !== '/end') return void response.end(JSON.stringify({ ...session }));
      void requestSessionOf(request)
        .getContext()
        .destroy()
        .then(() => response.end());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const send = (path: string, token?: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      headers:
        token === undefined ? [] : [[...transport.present({ isHttps: false }, token)] as [string, string]],
    });
  return { store, send, close: () => server.close() };
}

describe('SessionHandler', () => {
  it('passes an error of the exclusion to the next handler', () => {
    const { runtime } = memoryApplication().app;
    const error = new Error('no answer');
    const handler = new SessionHandler({
      ...{ runtime, transport: COOKIE, users: new CurrentUsers(undefined, runtime.principal) },
      ...{
        device: undefined,
        onOutage: 'fail',
        responses: { noStore: false, signOutLine: null },
        csrf: { origins: new Set<string>(), tokens: null },
        load: 'eager',
        meter: new Meter(),
      },
      exclude: () => {
        throw error;
      },
      logger: { error: () => undefined },
    });
    const received: unknown[] = [];
    handler.handle({ headers: {} } as never, {} as never, (reason) => received.push(reason));
    expect(received).toEqual([error]);
  });
});

describe.each<[string, TokenTransport, string]>([
  ['in a cookie', COOKIE, 'set-cookie'],
  ['in a header', HEADER, 'x-session'],
])('SessionHandler on a server of Node, with tokens %s', (_where, transport, responseHeader) => {
  const tokenIn = (response: Response) => /[\w-]{46}/.exec(response.headers.get(responseHeader) ?? '')?.[0];

  it.each([true, false])(
    'stores and loads sessions, for requests that are prepared: %s',
    async (isPrepared) => {
      const { send, close } = await serve(transport, isPrepared);
      const first = await send('/count');
      const token = tokenIn(first);
      expect(token).toBeDefined();
      expect(await first.json()).toEqual({ count: 1 });
      const second = await send('/count', token);
      expect(await second.json()).toEqual({ count: 2 });
      expect(second.headers.get(responseHeader)).toBeNull();
      close();
    },
  );

  it('names the request header that a response depends on', async () => {
    const { send, close } = await serve(transport, true);
    const token = tokenIn(await send('/count'));
    const response = await send('/', token);
    expect(response.headers.get('vary')).toBe(transport.requestHeader);
    close();
  });

  it('clears the token of a session that ended', async () => {
    const { send, store, close } = await serve(transport, true);
    const token = tokenIn(await send('/count')) as string;
    const response = await send('/end', token);
    expect(response.headers.get(responseHeader)).not.toBeNull();
    expect(tokenIn(response)).toBeUndefined();
    expect(store.size).toBe(0);
    close();
  });
});
