import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { type Answer, toAnswer } from './client.js';

/** One request over a socket of its own, for tests that look at the very bytes and at when they come. */
export class RawExchange {
  /** Number of bytes received so far. */
  byteCount = 0;
  private readonly chunks: string[] = [];
  private readonly ended: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.byteCount += chunk.length;
      this.chunks.push(chunk);
      if (this.hasLastChunk()) socket.end();
    });
    socket.on('error', () => undefined);
    this.ended = once(socket, 'close');
  }

  /** Opens a connection without sending anything. */
  static async open(port: number): Promise<RawExchange> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawExchange(socket);
  }

  /** Sends a request whose header lines are exactly these; `Host` and `Connection: close` are added. */
  static async send(port: number, requestLine: string, ...headers: string[]): Promise<RawExchange> {
    const exchange = await RawExchange.open(port);
    const lines = [`${requestLine} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers, '', ''];
    exchange.socket.write(lines.join('\r\n'), 'latin1');
    return exchange;
  }

  get text(): string {
    return this.chunks.join('');
  }

  /** Waits until the answer is complete, which the server may say by closing the connection. */
  async end(): Promise<string> {
    await this.ended;
    return this.text;
  }

  /** Waits for the whole answer. */
  async answer(): Promise<Answer> {
    return parseAnswer(await this.end());
  }

  /** Waits until some text has come. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) await once(this.socket, 'data');
  }

  /** Detects the end of a chunked response, because server-sent events keep the connection open. */
  private hasLastChunk(): boolean {
    const isChunked = /^transfer-encoding: chunked\r$/im.test(this.chunks[0] ?? '');
    const tail = this.chunks.slice(-3).join('').slice(-100);
    return isChunked && /\r\n0\r\n(.+\r\n)*\r\n$/.test(tail);
  }
}

/** Reads an HTTP/1.1 answer, header names as they came. */
export function parseAnswer(raw: string): Answer {
  const split = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw.slice(0, split).split('\r\n');
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'set-cookie') headers[name] = [...(headers[name] ?? []), value];
    else headers[name] = name in headers ? `${String(headers[name])}, ${value}` : value;
  }
  const body = raw.slice(split + 4);
  const text = headers['transfer-encoding'] === 'chunked' ? unchunk(body) : body;
  const [, status, ...message] = statusLine.split(' ');
  return toAnswer(Number(status), headers, text, message.join(' '));
}

function unchunk(body: string): string {
  let rest = body;
  let text = '';
  for (;;) {
    const lineEnd = rest.indexOf('\r\n');
    const size = parseInt(rest, 16);
    if (lineEnd === -1 || !size) return text;
    text += rest.slice(lineEnd + 2, lineEnd + 2 + size);
    rest = rest.slice(lineEnd + 2 + size + 2);
  }
}
