import { STATUS_CODES } from 'node:http';
import type { HttpError } from './http-error.js';
import type { RawResponse } from './request.js';
import type { HeadChange } from './response-head.js';
import { applyHead, keepHeaders, moveHeaders, varyAmong } from './response-head.js';

/** What happens at the gates of all requests. */
export interface GateKeeper<Visit> {
  /** Called before the head leaves, and again before the end of a response whose head left earlier. `null`: go on. */
  beforeHead(visit: Visit): HeadChange | Promise<HeadChange> | null;
  beforeEnd(visit: Visit): Promise<void> | null;
  /** What the client is told when {@link beforeHead} failed, or Node refused the head. */
  onFailure(error: unknown): HttpError;
  /** Told what went wrong when the client can't be any more. */
  onLateFailure(error: unknown): void;
}

type Call = () => void;

/** A gate as it stands on its response, whoever keeps it. */
const GATE = Symbol.for('nestjs-redis-session:gate');

interface Gated {
  [GATE]?: unknown;
}

/** Stands where Node keeps the head that it has written. */
const HELD = 'held back';

type Internals = Omit<RawResponse, '_header'> & { _header?: string | null };

/** Headers that describe the body that an error takes the place of, and how it was to be sent. */
const BODY_HEADERS = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-location',
  'content-disposition',
  'content-range',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
  'accept-ranges',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'x-accel-buffering',
  'etag',
  'last-modified',
  'trailer',
  'location',
  'refresh',
  // A proxy sends a file in place of the body.
  'x-accel-redirect',
  'x-sendfile',
];

/**
 * Holds back a response until the session is stored: a redirect must not arrive before what the next request needs.
 *
 * It works on Node's own response, below Express and Fastify, so it holds for `res.json()`, a returned value, a
 * stream, server-sent events, an exception filter and `res.end()` alike, on both. What is called meanwhile is kept and
 * called afterwards, in order.
 */
export class ResponseGate<Visit> {
  private state: 'unattended' | 'open' | 'held' | 'passed' | 'failed' = 'unattended';
  private held: Call[] | null = null;
  private heldBytes = 0;
  private isEnding = false;
  private readonly writeHead: RawResponse['writeHead'];
  private readonly write: RawResponse['write'];
  private readonly end: RawResponse['end'];
  private readonly flushHeaders: RawResponse['flushHeaders'];

  private keeper!: GateKeeper<Visit>;
  /** What the keeper knows this response by. */
  private visit!: Visit;

  /**
   * A gate that lets everything pass until somebody keeps it. To be built before Express gives the response another
   * prototype: each property that is added after that costs several microseconds, because the engine knows the object
   * no more.
   */
  constructor(private readonly response: RawResponse) {
    (response as Gated)[GATE] = this;
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

  /** Keeps the gate of a response, from now on. */
  static keep<Visit>(response: RawResponse, keeper: GateKeeper<Visit>, visit: Visit): void {
    const present = (response as Gated)[GATE] as ResponseGate<Visit> | undefined;
    const gate = present?.state === 'unattended' ? present : new ResponseGate<Visit>(response);
    gate.keeper = keeper;
    gate.visit = visit;
    gate.state = 'open';
  }

  private onWriteHead(args: unknown[]): RawResponse {
    if (this.state === 'held') throw headersSentError();
    this.pass(() => void Reflect.apply(this.writeHead, this.response, args), args);
    return this.response;
  }

  private writeChangedHead(args: readonly unknown[], change: HeadChange): void {
    const varied = varyAmong(this.response, args, change);
    const rest = varied ?? moveHeaders(this.response, args);
    if (!varied) applyHead(this.response, change);
    Reflect.apply(this.writeHead, this.response, rest);
  }

  private onWrite(args: unknown[]): boolean {
    let hasRoom = true;
    this.pass(() => (hasRoom = Reflect.apply(this.write, this.response, args) as boolean));
    if (this.state !== 'held') return hasRoom;
    this.heldBytes += lengthOf(args[0]);
    return this.heldBytes < this.response.writableHighWaterMark;
  }

  private onEnd(args: unknown[]): RawResponse {
    if (this.state === 'unattended') return Reflect.apply(this.end, this.response, args) as RawResponse;
    if (this.isEnding) return this.response;
    this.isEnding = true;
    if (this.state === 'open') this.pass(() => void Reflect.apply(this.end, this.response, args));
    else this.pass(() => this.endLater(args));
    return this.response;
  }

  /** Calls now or when the gate opens. `headArgs`: the arguments of a call of `writeHead`. */
  private pass(call: Call, headArgs?: readonly unknown[]): void {
    if (this.state === 'failed') return;
    if (this.state === 'held') return void (this.held ??= []).push(call);
    if (this.state === 'passed' || this.state === 'unattended') return call();
    const change = this.keeper.beforeHead(this.visit);
    if (change instanceof Promise) return this.hold(change, call, headArgs);
    this.open(change, call, headArgs);
  }

  private open(change: HeadChange | null, call: Call, headArgs?: readonly unknown[]): void {
    this.state = 'passed';
    if (change && headArgs) return this.writeChangedHead(headArgs, change);
    if (change) applyHead(this.response, change);
    call();
  }

  private hold(pending: Promise<HeadChange>, call: Call, headArgs?: readonly unknown[]): void {
    this.state = 'held';
    this.pretend();
    pending
      .then((change) => {
        this.stopPretending();
        if (change.instead) this.answer(change.instead, headArgs, change);
        else this.release(() => this.open(change, call, headArgs));
      })
      .catch((error: unknown) => this.answer(this.keeper.onFailure(error), headArgs))
      .catch((error: unknown) => this.giveUp(error));
  }

  /**
   * To its caller a held response looks as it would without us. Frameworks look before they send another; middleware
   * that compresses, and Node where it refuses a late header, look at `_header`.
   */
  private pretend(): void {
    const { response } = this;
    Object.defineProperty(response, 'headersSent', { configurable: true, get: () => true });
    Object.defineProperty(response, 'writableEnded', { configurable: true, get: () => this.isEnding });
    // HTTP/2 has no such property of its own, and tells by `headersSent`.
    if (Object.hasOwn(response, '_header')) (response as Internals)._header = HELD;
  }

  private stopPretending(): void {
    const { response } = this;
    Reflect.deleteProperty(response, 'headersSent');
    Reflect.deleteProperty(response, 'writableEnded');
    const internals = response as Internals;
    if (internals._header === HELD) internals._header = null;
  }

  private release(open: Call): void {
    open();
    for (const call of this.held ?? []) call();
    this.letFlow();
  }

  /** A stream that was told to wait goes on. */
  private letFlow(): void {
    if (!this.isEnding && this.heldBytes > 0) this.response.emit('drain');
  }

  /** Answers in place of the application. What it goes on to say is swallowed. */
  private answer(error: HttpError, headArgs: readonly unknown[] = [], change?: HeadChange): void {
    // Some implementations of `end`, as that of HTTP/2, call `write`, which must not be swallowed yet.
    this.state = 'passed';
    this.stopPretending();
    this.sendInstead(error, headArgs, change);
    this.state = 'failed';
    this.letFlow();
  }

  private sendInstead(
    { statusCode, headers, body }: HttpError,
    headArgs: readonly unknown[],
    change?: HeadChange,
  ): void {
    const { response } = this;
    if (response.headersSent) return void response.destroy();
    keepHeaders(response, headArgs);
    for (const name of BODY_HEADERS) response.removeHeader(name);
    if (change) applyHead(response, change);
    const text = JSON.stringify(body);
    const head = {
      ...headers,
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    };
    // HTTP/2 knows no message beside the status, and warns of one.
    const message = response.req.httpVersionMajor < 2 ? [STATUS_CODES[statusCode]] : [];
    Reflect.apply(this.writeHead, response, [statusCode, ...message, head]);
    Reflect.apply(this.end, response, [text]);
  }

  /** Ends a response whose head left earlier, once what came after the head is stored. */
  private endLater(args: unknown[]): void {
    const { response } = this;
    const end = () => Reflect.apply(this.end, response, args) as unknown;
    const pending = this.keeper.beforeEnd(this.visit);
    if (!pending) return void end();
    Object.defineProperty(response, 'writableEnded', { configurable: true, get: () => true });
    void pending
      .catch((error: unknown) => this.keeper.onLateFailure(error))
      .then(() => Reflect.deleteProperty(response, 'writableEnded'))
      .then(end)
      .catch((error: unknown) => this.giveUp(error));
  }

  /** Nothing can be said any more. The client sees that its answer is broken, and not that it is complete. */
  private giveUp(error: unknown): void {
    this.keeper.onLateFailure(error);
    this.response.destroy();
  }
}

/** As Node's own, which Fastify and others look for. */
function headersSentError(): Error {
  const error = new Error('Cannot write headers after they are sent to the client');
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' });
}

function lengthOf(chunk: unknown): number {
  return typeof chunk === 'string' || chunk instanceof Uint8Array ? Buffer.byteLength(chunk) : 0;
}
