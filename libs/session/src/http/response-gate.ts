import type { OutgoingHttpHeaders } from 'node:http';
import vary from 'vary';
import type { HttpError } from './http-error.js';
import type { RawResponse } from './request.js';

/** What the session has to say in the head of a response. */
export interface HeadChange {
  readonly setCookie: string | null;
  /** Whether the response depends on the cookie. */
  readonly varies: boolean;
}

/** What happens at the gate. */
export interface GateKeeper {
  /** Called before the head leaves, and again before the end of a response whose head left earlier. `null`: go on. */
  beforeHead(): HeadChange | Promise<HeadChange> | null;
  beforeEnd(): Promise<void> | null;
  /** What the client is told instead, when {@link beforeHead} failed. */
  onFailure(error: unknown): HttpError;
  /** Told when {@link beforeEnd} failed, which the client can't be any more. */
  onLateFailure(error: unknown): void;
}

type Call = () => void;

/** Headers that describe the body that an error takes the place of. */
const BODY_HEADERS = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'transfer-encoding',
  'etag',
  'last-modified',
  'location',
];

/**
 * Holds back a response until the session is stored: a redirect must not arrive before what the next request needs.
 *
 * It works on Node's own response, below Express and Fastify, so it holds for `res.json()`, a returned value, a
 * stream, server-sent events, an exception filter and `res.end()` alike, on both. What is called meanwhile is kept and
 * called afterwards, in order.
 */
export class ResponseGate {
  private state: 'open' | 'held' | 'passed' | 'failed' = 'open';
  private readonly held: Call[] = [];
  private isEnding = false;
  private readonly writeHead: RawResponse['writeHead'];
  private readonly write: RawResponse['write'];
  private readonly end: RawResponse['end'];
  private readonly flushHeaders: RawResponse['flushHeaders'];

  constructor(
    private readonly response: RawResponse,
    private readonly keeper: GateKeeper,
  ) {
    // Whatever has wrapped these before us stays in force.
    /* eslint-disable @typescript-eslint/unbound-method -- called with the response as `this` */
    this.writeHead = response.writeHead;
    this.write = response.write;
    this.end = response.end;
    this.flushHeaders = response.flushHeaders;
    /* eslint-enable @typescript-eslint/unbound-method */
    response.writeHead = (...args: unknown[]) => this.onWriteHead(args);
    response.write = ((...args: unknown[]) => this.onWrite(args)) as RawResponse['write'];
    response.end = ((...args: unknown[]) => this.onEnd(args)) as RawResponse['end'];
    response.flushHeaders = () => this.pass(() => this.flushHeaders.call(response));
  }

  private onWriteHead(args: unknown[]): RawResponse {
    this.pass(
      () => void Reflect.apply(this.writeHead, this.response, args),
      (change) => void Reflect.apply(this.writeHead, this.response, this.mergeHead(args, change)),
    );
    return this.response;
  }

  private onWrite(args: unknown[]): boolean {
    let hasRoom = false;
    this.pass(() => (hasRoom = Reflect.apply(this.write, this.response, args) as boolean));
    return hasRoom || this.state === 'failed';
  }

  private onEnd(args: unknown[]): RawResponse {
    if (this.isEnding) return this.response;
    this.isEnding = true;
    if (this.state === 'passed') this.endLater(args);
    else this.pass(() => void Reflect.apply(this.end, this.response, args));
    return this.response;
  }

  /** Calls now or when the gate opens. `first`: how to call when it is what carries the head. */
  private pass(call: Call, first?: (change: HeadChange) => void): void {
    if (this.state === 'failed') return;
    if (this.state === 'held') return void this.held.push(call);
    if (this.state === 'passed') return call();
    const change = this.keeper.beforeHead();
    if (change instanceof Promise) return this.hold(change, call, first);
    this.open(change, call, first);
  }

  private open(change: HeadChange | null, call: Call, first?: (change: HeadChange) => void): void {
    this.state = 'passed';
    if (change && first) return first(change);
    if (change) this.applyHead(change);
    call();
  }

  private hold(pending: Promise<HeadChange>, call: Call, first?: (change: HeadChange) => void): void {
    this.state = 'held';
    this.pretend();
    pending.then(
      (change) => this.release(() => this.open(change, call, first)),
      (error: unknown) => this.fail(error),
    );
  }

  /** To its caller a held response looks as it would without us. Frameworks look before they send another. */
  private pretend(): void {
    Object.defineProperty(this.response, 'headersSent', { configurable: true, get: () => true });
    Object.defineProperty(this.response, 'writableEnded', { configurable: true, get: () => this.isEnding });
  }

  private stopPretending(): void {
    Reflect.deleteProperty(this.response, 'headersSent');
    Reflect.deleteProperty(this.response, 'writableEnded');
  }

  private release(open: Call): void {
    this.stopPretending();
    open();
    for (const call of this.held) call();
    // A stream that was told to wait goes on.
    if (!this.isEnding) this.response.emit('drain');
  }

  private fail(error: unknown): void {
    this.stopPretending();
    this.state = 'failed';
    const { statusCode, headers, body } = this.keeper.onFailure(error);
    const { response } = this;
    if (response.headersSent) return void response.destroy();
    for (const name of BODY_HEADERS) response.removeHeader(name);
    const text = JSON.stringify(body);
    const head = {
      ...headers,
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    };
    Reflect.apply(this.writeHead, response, [statusCode, head]);
    Reflect.apply(this.end, response, [text]);
  }

  private endLater(args: unknown[]): void {
    const end = () => Reflect.apply(this.end, this.response, args) as unknown;
    const pending = this.keeper.beforeEnd();
    if (!pending) return void end();
    pending.catch((error: unknown) => this.keeper.onLateFailure(error)).finally(end);
  }

  /** Moves the headers given to `writeHead` to the response, so that ours join them instead of being overwritten. */
  private mergeHead([status, ...rest]: unknown[], change: HeadChange): unknown[] {
    const message = rest.find((argument) => typeof argument === 'string');
    const headers = rest.find((argument) => typeof argument === 'object' && argument !== null);
    for (const [name, value] of headerPairs(headers)) {
      if (name.toLowerCase() === 'set-cookie') this.response.appendHeader(name, value);
      else this.response.setHeader(name, value);
    }
    this.applyHead(change);
    return message === undefined ? [status] : [status, message];
  }

  private applyHead({ setCookie, varies }: HeadChange): void {
    if (setCookie !== null) {
      this.response.appendHeader('Set-Cookie', setCookie);
      this.response.setHeader('Cache-Control', 'no-store');
    }
    if (varies || setCookie !== null) vary(this.response, 'Cookie');
  }
}

type HeaderValue = string | readonly string[];

/** The headers in any of the forms that `writeHead` takes: an object, or names and values in turn. */
function headerPairs(headers: unknown): [string, HeaderValue][] {
  const pairs: [string, HeaderValue][] = [];
  if (Array.isArray(headers)) {
    for (let index = 0; index + 1 < headers.length; index += 2) {
      pairs.push([String(headers[index]), headers[index + 1] as HeaderValue]);
    }
    return pairs;
  }
  for (const [name, value] of Object.entries((headers ?? {}) as OutgoingHttpHeaders)) {
    if (value !== undefined) pairs.push([name, typeof value === 'number' ? String(value) : value]);
  }
  return pairs;
}
