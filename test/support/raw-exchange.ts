import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, toAnswer } from './client.js';

/** One request over a socket of its own, for tests that look at the very bytes and at when they come. */
export class RawExchange {
  private received = Buffer.alloc(0);
  private readonly ended: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on('error', () => undefined);
    this.ended = once(socket, 'close');
  }

  /** Sends a request whose header lines are exactly these; `Host` and `Connection: close` are added. */
  static async send(port: number, requestLine: string, ...headers: string[]): Promise<RawExchange> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const exchange = new RawExchange(socket);
    const lines = [`${requestLine} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers, '', ''];
    socket.write(lines.join('\r\n'), 'latin1');
    return exchange;
  }

  /** How many bytes have come so far. */
  get byteCount(): number {
    return this.received.length;
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** Waits until the server has closed the connection. */
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
  return toAnswer(Number(statusLine.split(' ')[1]), headers as IncomingHttpHeaders, text);
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
