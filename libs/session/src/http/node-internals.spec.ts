import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { emitDrain, pretendEnded, pretendHeadSent, stopPretending } from './node-internals.js';

type Internals = ServerResponse & { _header?: string | null };

/** Runs a handler on a real server, and returns the response that the client receives. */
async function respond(handler: (response: Internals) => unknown) {
  let failure: unknown;
  const server = createServer((_request, response) => {
    void Promise.resolve(response)
      .then(handler)
      .catch((error: unknown) => (failure = error))
      .then(() => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [response] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [
    IncomingMessage,
  ];
  const body = await text(response);
  server.close();
  if (failure) throw failure as Error;
  return { status: response.statusCode, headers: response.headers, body };
}

describe("Node's undocumented contract", () => {
  it('keeps the head in the own property _header, which is null before the head is written', async () => {
    await respond((response) => {
      expect(Object.hasOwn(response, '_header')).toBe(true);
      expect(response._header).toBeNull();
      response.writeHead(200, { 'x-a': '1' });
      expect(response._header).toContain('x-a: 1');
    });
  });

  it('derives headersSent from _header, in an accessor of a prototype', async () => {
    await respond((response) => {
      expect([Object.hasOwn(response, 'headersSent'), response.headersSent]).toEqual([false, false]);
      response._header = 'any';
      expect(response.headersSent).toBe(true);
      response._header = null;
      expect(response.headersSent).toBe(false);
    });
  });

  it('defines writableEnded as an accessor of a prototype', async () => {
    await respond((response) => {
      expect([Object.hasOwn(response, 'writableEnded'), response.writableEnded]).toEqual([false, false]);
      response.end();
      expect(response.writableEnded).toBe(true);
    });
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['write', (response) => response.write('x')],
    ['end', (response) => response.end('x')],
    ['flushHeaders', (response) => response.flushHeaders()],
  ])('%s sends the head through the writeHead of the response', async (_method, send) => {
    let calls = 0;
    await respond((response) => {
      const writeHead = response.writeHead.bind<(status: number) => ServerResponse>(response);
      response.writeHead = (status: number) => {
        calls += 1;
        return writeHead(status);
      };
      send(response);
    });
    expect(calls).toBe(1);
  });
});

describe('pretendHeadSent', () => {
  it('makes Node reject headers, and stopPretending restores the response', async () => {
    const { status, headers, body } = await respond((response) => {
      pretendHeadSent(response);
      expect([response.headersSent, response.writableEnded]).toEqual([true, false]);
      expect(() => response.setHeader('x-late', '1')).toThrow(/ERR_HTTP_HEADERS_SENT|after they are sent/);
      pretendEnded(response);
      expect(response.writableEnded).toBe(true);
      stopPretending(response);
      expect([response.headersSent, response.writableEnded, response._header]).toEqual([false, false, null]);
      response.setHeader('x-late', '1');
      response.statusCode = 201;
      response.end('whole');
    });
    expect([status, headers['x-late'], body]).toEqual([201, '1', 'whole']);
  });

  it('leaves alone a head that was written, when it stops', async () => {
    await respond((response) => {
      response.writeHead(200);
      stopPretending(response);
      expect(response.headersSent).toBe(true);
    });
  });
});

describe('pretendEnded', () => {
  it('makes a response look ended, and stopPretending lets it end', async () => {
    const { body } = await respond((response) => {
      response.write('a');
      pretendEnded(response);
      expect(response.writableEnded).toBe(true);
      stopPretending(response);
      expect(response.writableEnded).toBe(false);
      response.end('b');
    });
    expect(body).toBe('ab');
  });
});

describe('emitDrain', () => {
  it('resumes a writer that waits for drain', async () => {
    await respond(async (response) => {
      const drained = once(response, 'drain');
      emitDrain(response);
      await drained;
    });
  });
});
