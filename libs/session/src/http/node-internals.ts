import type { RawResponse } from './request.js';

/**
 * Every use of what Node does not document about responses. `node-internals.spec.ts` checks each against the installed
 * Node, so that a version that changes one fails there. It also checks that Node sends an implicit head through the
 * response's `writeHead`, on which `ResponseGate` relies.
 */

/** Private to Node: the head as it was written; `null` before. Node and compression middleware check it. */
type Internals = Omit<RawResponse, '_header'> & { _header?: string | null };

/** Stands for a head that has not been written yet. */
const HELD_HEAD = 'held back';

/** Hides an accessor of the prototype. One for all responses: a function of its own would give each a hidden class. */
const TRUE: PropertyDescriptor = { configurable: true, get: () => true };

/**
 * Makes a response whose head is held back look as if the head was sent: frameworks check `headersSent` before they send
 * another response; compression middleware, and Node when it rejects a late header, check `_header`.
 */
export function pretendHeadSent(response: RawResponse): void {
  Object.defineProperty(response, 'headersSent', TRUE);
  // A response of HTTP/2 has no such property, and checks `headersSent`.
  if (Object.hasOwn(response, '_header')) (response as Internals)._header = HELD_HEAD;
}

/** Makes a response that is ended later look as if it was ended: frameworks check `writableEnded` too. */
export function pretendEnded(response: RawResponse): void {
  Object.defineProperty(response, 'writableEnded', TRUE);
}

/** Undoes {@link pretendHeadSent} and {@link pretendEnded}. */
export function stopPretending(response: RawResponse): void {
  // In the reverse order, in which the engine takes a deletion for an undone addition.
  Reflect.deleteProperty(response, 'writableEnded');
  Reflect.deleteProperty(response, 'headersSent');
  const internals = response as Internals;
  if (internals._header === HELD_HEAD) internals._header = null;
}

/** Resumes a stream that received `false` from a `write` that was held back. Node emits `drain` for its own writes only. */
export function emitDrain(response: RawResponse): void {
  response.emit('drain');
}
