import { createGzip, type Gzip } from 'node:zlib';
import type { IncomingMessage, ServerResponse } from 'node:http';
import vary from 'vary';

type Response = ServerResponse & { readonly _header: string | null; _implicitHeader(): void };
type DrainListener = () => void;

/**
 * Compresses in the way of the `compression` package: wraps `write` and `end`, reads `_header` to see whether the head has
 * been sent, and wraps `writeHead`, as `on-headers` does, to run just before that.
 */
export function compression(
  _request: IncomingMessage,
  plainResponse: ServerResponse,
  next: () => void,
): void {
  const response = plainResponse as Response;
  const { write, end, on } = response;
  const listeners: DrainListener[] = [];
  let stream: Gzip | undefined;
  let isEnded = false;

  response.write = function (this: Response, chunk: string | Buffer, ...rest: [BufferEncoding]) {
    if (isEnded) return false;
    if (!this._header) this._implicitHeader();
    return stream ? stream.write(chunk) : write.call(this, chunk, ...rest);
  } as Response['write'];

  response.end = function (this: Response, chunk?: string | Buffer, ...rest: [BufferEncoding]) {
    if (isEnded) return this;
    if (!this._header) this._implicitHeader();
    if (!stream) return end.call(this, chunk, ...rest);
    isEnded = true;
    stream.end(chunk ?? undefined);
    return this;
  } as Response['end'];

  response.on = function (this: Response, type: string, listener: DrainListener) {
    if (type !== 'drain') return on.call(this, type, listener);
    if (stream) stream.on(type, listener);
    else listeners.push(listener);
    return this;
  } as Response['on'];

  onHeaders(response, () => {
    stream = createGzip();
    for (const listener of listeners) stream.on('drain', listener);
    vary(response, 'Accept-Encoding');
    response.setHeader('Content-Encoding', 'gzip');
    response.removeHeader('Content-Length');
    stream.on('data', (chunk: Buffer) => {
      if (!write.call(response, chunk, 'utf8')) stream?.pause();
    });
    stream.on('end', () => (end as () => void).call(response));
    on.call(response, 'drain', () => stream?.resume());
  });
  next();
}

function onHeaders(response: Response, listener: () => void): void {
  const { writeHead } = response;
  let isFired = false;
  response.writeHead = function (this: Response, status: number, ...rest: unknown[]) {
    const headers = rest.find((argument) => typeof argument === 'object');
    for (const [name, value] of Object.entries(headers ?? {})) this.setHeader(name, value as string);
    if (!isFired) listener();
    isFired = true;
    return writeHead.call(this, status);
  };
}
