import { STATUS_CODES } from 'node:http';
import type { HttpError } from './http-error.js';
import { emitDrain, pretendEnded, pretendHeadSent, stopPretending } from './node-internals.js';
import type { RawResponse } from './request.js';
import type { HeadChange } from './response-head.js';
import { addAmong, applyHead, keepHeaders, moveHeaders } from './response-head.js';

/** Callbacks of a response. */
export interface ResponseHooks {
  /** Returns the headers to add to the head before it is sent; `null` for none. */
  beforeHead(response: RawResponse): HeadChange | Promise<HeadChange> | null;
  /** Stores later changes before the end of a response whose head was sent earlier. Returns `null` if there are none. */
  beforeEnd(): Promise<void> | null;
  /** Returns the response to send after {@link beforeHead} failed, or Node rejected the head. */
  toErrorResponse(error: unknown): HttpError;
  /** Reports an error that can no longer be sent to the client. */
  onLateError(error: unknown): void;
}

type Call = () => void;

/** The key under which a response keeps its gate. */
const GATE = Symbol('nestjs-redis-session:response-gate');

type Gated = RawResponse & { [GATE]: ResponseGate };
type Methods = Pick<RawResponse, 'writeHead' | 'write' | 'end' | 'flushHeaders'>;

/** The methods of all responses that have one gate, which they find by their `this`, so that a response makes no functions. */
const SHARED = methodsOf(null);

/** @param fixed the gate of a response that has several, one for each application around it; `null` to find it by `this` */
function methodsOf(fixed: ResponseGate | null): Methods {
  return {
    writeHead(this: Gated, ...args: unknown[]) {
      return (fixed ?? this[GATE]).onWriteHead(args);
    },
    write(this: Gated, ...args: unknown[]) {
      return (fixed ?? this[GATE]).onWrite(args);
    },
    end(this: Gated, ...args: unknown[]) {
      return (fixed ?? this[GATE]).onEnd(args);
    },
    flushHeaders(this: Gated) {
      (fixed ?? this[GATE]).onFlushHeaders();
    },
  };
}

/** Headers that describe the body which an error replaces, and its transfer. */
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
 * Holds back a response until the session is stored: a redirect must not arrive before the data that the next request
 * needs.
 *
 * Works on Node's response, below Express and Fastify, so it applies to `res.json()`, a returned value, a stream,
 * server-sent events, an exception filter and `res.end()` on both platforms. Calls that are held back are made afterwards,
 * in order.
 */
export class ResponseGate {
  private state: 'unhooked' | 'open' | 'held' | 'passed' | 'failed' = 'unhooked';
  /** The reply of the hooks, while the head waits for it or is changed by it. */
  private change: HeadChange | Promise<HeadChange> | null = null;
  private held: Call[] | null = null;
  private heldBytes = 0;
  private isEnding = false;
  private readonly writeHead: RawResponse['writeHead'];
  private readonly write: RawResponse['write'];
  private readonly end: RawResponse['end'];
  private readonly flushHeaders: RawResponse['flushHeaders'];
  private hooks!: ResponseHooks;

  /**
   * Lets everything pass until {@link open} is called. Must be created before Express gives the response another
   * prototype: each property that is added after that costs several microseconds, because the engine no longer shares the
   * object's hidden class.
   */
  constructor(private readonly response: RawResponse) {
    // Methods that other middleware has replaced before stay in force.
    /* eslint-disable @typescript-eslint/unbound-method -- called with the response as `this` */
    this.writeHead = response.writeHead;
    this.write = response.write;
    this.end = response.end;
    this.flushHeaders = response.flushHeaders;
    const methods = GATE in response ? methodsOf(this) : SHARED;
    if (methods === SHARED) (response as Gated)[GATE] = this;
    response.writeHead = methods.writeHead;
    response.write = methods.write;
    response.end = methods.end;
    response.flushHeaders = methods.flushHeaders;
    /* eslint-enable @typescript-eslint/unbound-method */
  }

  /** Calls these hooks from now on. */
  open(hooks: ResponseHooks): void {
    this.hooks = hooks;
    this.state = 'open';
  }

  /** @internal */
  onWriteHead(args: unknown[]): RawResponse {
    if (this.state === 'held') throw headersSentError();
    if (this.isPassable()) Reflect.apply(this.writeHead, this.response, args);
    else this.pass(() => void Reflect.apply(this.writeHead, this.response, args), args);
    return this.response;
  }

  /** @internal */
  onFlushHeaders(): void {
    if (this.isPassable()) this.flushHeaders.call(this.response);
    else this.pass(() => this.flushHeaders.call(this.response));
  }

  private writeChangedHead(args: unknown[], change: HeadChange): void {
    const isChanged = addAmong(this.response, args, change);
    const rest = isChanged ? args : moveHeaders(this.response, args);
    if (!isChanged) applyHead(this.response, change);
    Reflect.apply(this.writeHead, this.response, rest);
  }

  /** @internal */
  onWrite(args: unknown[]): boolean {
    if (this.isPassable()) return Reflect.apply(this.write, this.response, args) as boolean;
    let hasRoom = true;
    this.pass(() => (hasRoom = Reflect.apply(this.write, this.response, args) as boolean));
    if (this.state !== 'held') return hasRoom;
    this.heldBytes += lengthOf(args[0]);
    return this.heldBytes < this.response.writableHighWaterMark;
  }

  /** @internal */
  onEnd(args: unknown[]): RawResponse {
    if (this.state === 'unhooked') return Reflect.apply(this.end, this.response, args) as RawResponse;
    if (this.isEnding) return this.response;
    this.isEnding = true;
    const isHeadSent = this.state !== 'open';
    if (this.state === 'held') pretendEnded(this.response);
    if (this.isPassable()) this.endNow(args, isHeadSent);
    else this.pass(() => this.endNow(args, isHeadSent));
    return this.response;
  }

  private endNow(args: unknown[], isHeadSent: boolean): void {
    if (isHeadSent) this.endLater(args);
    else Reflect.apply(this.end, this.response, args);
  }

  /**
   * Returns true if a call can be made at once, as it can for most responses; the first call asks the hooks. Any other call
   * goes to {@link pass}.
   */
  private isPassable(): boolean {
    if (this.state === 'open') {
      this.change = this.hooks.beforeHead(this.response);
      if (this.change === null) this.state = 'passed';
    }
    return this.state === 'passed' || this.state === 'unhooked';
  }

  /** Makes a call with the changed head, or once the gate opens. @param headArgs the arguments of a call of `writeHead` */
  private pass(call: Call, headArgs?: unknown[]): void {
    if (this.state === 'failed') return;
    if (this.state === 'held') return void (this.held ??= []).push(call);
    const { change } = this;
    if (change instanceof Promise) return this.hold(change, call, headArgs);
    this.release(change, call, headArgs);
  }

  private release(change: HeadChange | null, call: Call, headArgs?: unknown[]): void {
    this.state = 'passed';
    if (change && headArgs) return this.writeChangedHead(headArgs, change);
    if (change) applyHead(this.response, change);
    call();
  }

  private hold(pending: Promise<HeadChange>, call: Call, headArgs?: unknown[]): void {
    this.state = 'held';
    pretendHeadSent(this.response);
    if (this.isEnding) pretendEnded(this.response);
    pending
      .then((change) => {
        stopPretending(this.response);
        if (change.instead) this.fail(change.instead, headArgs, change);
        else this.releaseAll(() => this.release(change, call, headArgs));
      })
      .catch((error: unknown) => this.fail(this.hooks.toErrorResponse(error), headArgs))
      .catch((error: unknown) => this.abort(error));
  }

  private releaseAll(open: Call): void {
    open();
    for (const call of this.held ?? []) call();
    this.resume();
  }

  /** Resumes a stream that waits. */
  private resume(): void {
    if (!this.isEnding && this.heldBytes > 0) emitDrain(this.response);
  }

  /** Sends an error instead of the application's response, whose further calls are ignored. */
  private fail(error: HttpError, headArgs: readonly unknown[] = [], change?: HeadChange): void {
    // Some implementations of `end`, such as that of HTTP/2, call `write`, which must not be ignored yet.
    this.state = 'passed';
    stopPretending(this.response);
    this.sendInstead(error, headArgs, change);
    this.state = 'failed';
    this.resume();
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
    // HTTP/2 has no status message, and Node warns about one.
    const message = response.req.httpVersionMajor < 2 ? [STATUS_CODES[statusCode]] : [];
    Reflect.apply(this.writeHead, response, [statusCode, ...message, head]);
    Reflect.apply(this.end, response, [text]);
  }

  /** Ends a response whose head was sent earlier, once later changes are stored. */
  private endLater(args: unknown[]): void {
    const { response } = this;
    const pending = this.hooks.beforeEnd();
    if (!pending) return void Reflect.apply(this.end, response, args);
    const end = () => Reflect.apply(this.end, response, args) as unknown;
    pretendEnded(response);
    void pending
      .catch((error: unknown) => this.hooks.onLateError(error))
      .then(() => stopPretending(response))
      .then(end)
      .catch((error: unknown) => this.abort(error));
  }

  /** Destroys the connection, so that the client does not take a broken response for a complete one. */
  private abort(error: unknown): void {
    this.hooks.onLateError(error);
    this.response.destroy();
  }
}

/** Returns the error that Node throws, which Fastify and others check for. */
function headersSentError(): Error {
  const error = new Error('Cannot write headers after they are sent to the client');
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' });
}

function lengthOf(chunk: unknown): number {
  return typeof chunk === 'string' || chunk instanceof Uint8Array ? Buffer.byteLength(chunk) : 0;
}
