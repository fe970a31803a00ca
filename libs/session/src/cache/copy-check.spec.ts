import { setImmediate as settle } from 'node:timers/promises';
import { SessionUnavailableError } from '../core/errors/errors.js';
import type { SessionEnd, SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { CopyCheck } from './copy-check.js';

const NOW = 1_000_000;
const COPY: SessionRecord = {
  ...{
    id: 'x'.repeat(25) as SessionId,
    createdAt: 1,
    lastActiveAt: NOW - 500,
    idleMs: 60_000,
    absoluteEndAt: 2 * NOW,
  },
  ...{ userId: null, signedInAt: null, device: null, address: null, persistent: false, rotation: null },
  fields: new Map(),
};

/** Returns the counts after copies were served while the store has this record, or this notice of an end. */
async function countsAfter(
  present: SessionRecord | null | Error,
  { end = null as SessionEnd | null, every = 1, served = 1 } = {},
) {
  const store = {
    load: () => (present instanceof Error ? Promise.reject(present) : Promise.resolve(present)),
    endOf: () => Promise.resolve(end),
    now: () => NOW,
  };
  const check = new CopyCheck(store, every);
  for (let count = 0; count < served; count++) check.onServed(COPY);
  await settle();
  return check.counts;
}

describe('the check of copies', () => {
  it('counts a copy that the store still has as current', async () => {
    expect(await countsAfter(COPY)).toEqual({ current: 1, stale: 0 });
  });

  it('counts a change before the copy was served as stale, and a later one not', async () => {
    expect(await countsAfter({ ...COPY, lastActiveAt: NOW - 1 })).toEqual({ current: 0, stale: 1 });
    expect(await countsAfter({ ...COPY, lastActiveAt: NOW + 1 })).toEqual({ current: 1, stale: 0 });
  });

  it('counts a write that leaves the recorded activity as it is as stale', async () => {
    expect(await countsAfter({ ...COPY, fields: new Map([['a', '1']]) })).toEqual({ current: 0, stale: 1 });
  });

  it('counts a rotated token as a change', async () => {
    const rotation = { at: NOW - 1, current: 'b', previous: 'a', graceEndAt: null, nonce: null, tagKey: 't' };
    expect(await countsAfter({ ...COPY, rotation })).toEqual({ current: 0, stale: 1 });
  });

  it('counts a session that ended before the copy was served as stale, and a later end not', async () => {
    const ended = (at: number) => countsAfter(null, { end: { reason: 'revoked', at } });
    expect(await ended(NOW - 1)).toEqual({ current: 0, stale: 1 });
    expect(await ended(NOW + 1)).toEqual({ current: 1, stale: 0 });
    expect(await countsAfter(null)).toEqual({ current: 0, stale: 1 });
  });

  it('compares one copy in so many, and counts nothing while the store does not answer', async () => {
    expect(await countsAfter(COPY, { every: 10, served: 35 })).toEqual({ current: 3, stale: 0 });
    const unavailable = new SessionUnavailableError('load a session', new Error('no answer'));
    expect(await countsAfter(unavailable)).toEqual({ current: 0, stale: 0 });
  });
});
