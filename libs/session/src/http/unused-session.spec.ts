import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { type Data, memoryApplication } from '../../../../test/support/session-runtime.js';
import { SessionContext } from '../core/request/session-context.js';
import { Meter } from '../core/runtime/statistics.js';
import { resolveCookie } from '../options/cookie-options.js';
import { CookieTransport } from './cookie-transport.js';
import { CurrentUsers } from './current-user.js';
import { requestSessionOf } from './request-session.js';
import { SessionHandler } from './session-handler.js';

type Handler = (request: IncomingMessage & { session: Data }, response: ServerResponse) => void;

/** Starts an application whose handler the test chooses for each request, with one session in it. */
async function serve(rotateEveryMs: number | null = null) {
  const { app, store, clock } = memoryApplication({
    rotation: { everyMs: rotateEveryMs, graceMs: 30_000, revokeOnReuse: false },
  });
  const { runtime } = app;
  const handler = new SessionHandler({
    runtime,
    transport: new CookieTransport(resolveCookie({ secure: false }), () => undefined),
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
  let answer: Handler = (_request, response) => response.end();
  const server = createServer((request, response) =>
    handler.handle(request, response, () => answer(request as never, response)),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let cookie = '';
  const send = async (handle: Handler) => {
    answer = handle;
    const response = await fetch(`http://127.0.0.1:${port}`, { headers: { cookie } });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return response;
  };
  await send(({ session }, response) => {
    session['count'] = 1;
    response.end();
  });
  return { store, clock, send, close: () => server.close() };
}

const ignore: Handler = (_request, response) => response.end();

describe('a request whose handler never looks at its session', () => {
  it('creates no context, and its response does not depend on the cookie', async () => {
    const { send, close } = await serve();
    const started = jest.spyOn(SessionContext.prototype, 'markHeadersSent');
    const response = await send(ignore);
    expect(started).not.toHaveBeenCalled();
    expect(response.headers.get('vary')).toBeNull();
    await send(({ session }, used) => used.end(String(session['count'])));
    expect(started).toHaveBeenCalledTimes(1);
    started.mockRestore();
    close();
  });

  it('records activity when that is due', async () => {
    const { send, store, clock, close } = await serve();
    const touch = jest.spyOn(store, 'touch');
    await send(ignore);
    expect(touch).not.toHaveBeenCalled();
    clock.advance(10 * 60_000);
    await send(ignore);
    expect(touch).toHaveBeenCalledTimes(1);
    close();
  });

  it('records activity that becomes due while the request is handled', async () => {
    const { send, clock, close } = await serve();
    await send((_request, response) => {
      clock.advance(20 * 60_000);
      response.end();
    });
    clock.advance(20 * 60_000);
    const response = await send(({ session }, used) => used.end(String(session['count'])));
    expect(await response.text()).toBe('1');
    close();
  });

  it('records activity that becomes due between the head and the end of the response', async () => {
    const { send, store, clock, close } = await serve();
    const touch = jest.spyOn(store, 'touch');
    const response = await send((_request, stream) => {
      stream.write('a');
      clock.advance(10 * 60_000);
      stream.end('b');
    });
    expect(await response.text()).toBe('ab');
    expect(touch).toHaveBeenCalledTimes(1);
    close();
  });

  it('exchanges the token when that is due', async () => {
    const { send, clock, close } = await serve(60_000);
    clock.advance(60_000);
    expect((await send(ignore)).headers.getSetCookie()).toHaveLength(1);
    expect((await send(ignore)).headers.getSetCookie()).toHaveLength(0);
    close();
  });

  it('clears the cookie of a session that has ended', async () => {
    const { send, clock, close } = await serve();
    clock.advance(24 * 60 * 60_000);
    expect((await send(ignore)).headers.getSetCookie()[0]).toMatch(/Max-Age=0/);
    close();
  });

  it('rejects a new token after the head of the response was sent', async () => {
    const { send, close } = await serve();
    const problems: string[] = [];
    const useLate: Handler = (request, response) => {
      response.write('a');
      const context = requestSessionOf(request).getContext();
      context
        .regenerate()
        .catch((error: Error) => problems.push(error.message))
        .finally(() => response.end('b'));
    };
    expect(await (await send(useLate)).text()).toBe('ab');
    expect(problems).toEqual([expect.stringContaining('after the head of the response was sent')]);
    close();
  });

  it('stores a field that is written after the head of the response was sent', async () => {
    const { send, close } = await serve();
    const writeLate: Handler = (request, response) => {
      response.write('a');
      request.session['count'] = 2;
      response.end('b');
    };
    expect(await (await send(writeLate)).text()).toBe('ab');
    const response = await send(({ session }, used) => used.end(String(session['count'])));
    expect(await response.text()).toBe('2');
    close();
  });
});
