import { SessionSizeError } from '../errors/errors.js';
import { handleOf, mintToken, randomShard, rotationKeys, sessionIdOf } from '../record/token.js';
import type { EndReason, OnExceed, Rotation, SessionRecord, SignInIntent } from './store.js';
import {
  byLatestSignIn,
  checkSize,
  committedRecord,
  confirmedRotation,
  evictedBy,
  isNoticeKept,
  rotatedBy,
  sumOf,
} from './store-rules.js';

const NOW = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;
const NO_CHANGES = { set: new Map<string, string>(), remove: [] };

function session(facts: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: sessionIdOf(mintToken(randomShard())),
    createdAt: NOW,
    lastActiveAt: NOW,
    idleMs: 30 * MINUTE_MS,
    absoluteEndAt: NOW + 60 * MINUTE_MS,
    userId: 'alice',
    signedInAt: NOW,
    device: null,
    address: null,
    persistent: false,
    rotation: null,
    fields: new Map(),
    ...facts,
  };
}

describe('the size of fields', () => {
  it('accepts fields of exactly the maximum size, and rejects a byte more', () => {
    const fields = new Map([['né', '"é"']]);
    expect(() => checkSize(fields, 7)).not.toThrow();
    expect(() => checkSize(fields, 6)).toThrow(SessionSizeError);
  });
});

describe('the sum of a field and a number', () => {
  it.each([
    [null, 2, 2],
    ['0', -1, -1],
    ['-5', 7, 2],
    ['41', 1, 42],
    [String(Number.MAX_SAFE_INTEGER - 1), 1, Number.MAX_SAFE_INTEGER],
    [String(Number.MAX_SAFE_INTEGER), 1, null],
    ['"5"', 1, null],
    ['1.5', 1, null],
    ['1e3', 1, null],
    ['x1', 1, null],
    ['', 1, null],
  ])('adds to %j the number %j: %j', (text, by, sum) => {
    expect(sumOf(text, by)).toBe(sum);
  });
});

describe('the rules of a rotation', () => {
  const { nonce, tagKey } = rotationKeys();
  const original = session();
  const rotation = (graceEndAt: number | null): Rotation => ({
    ...{ at: NOW, current: 'second', previous: handleOf(original.id), graceEndAt, nonce, tagKey },
  });
  const rotated = (graceEndAt: number | null) => ({ ...original, rotation: rotation(graceEndAt) });
  const next = (live: SessionRecord, from: string) =>
    rotatedBy({ record: live, from, to: 'third', keys: rotationKeys() }, live, NOW)?.current;

  it.each<[string, SessionRecord, string, string | undefined]>([
    ['the token that the session began with', original, handleOf(original.id), 'third'],
    ['a token that is not in use', original, 'other', undefined],
    ['a token that the client has not presented yet', rotated(null), 'second', 'second'],
    ['a token within the grace period of the previous one', rotated(NOW + 1), 'second', 'second'],
    ['a token at the end of that period', rotated(NOW), 'second', 'third'],
    ['the previous token', rotated(NOW), handleOf(original.id), 'second'],
  ])('exchanges or keeps %s', (_which, live, from, current) => {
    expect(next(live, from)).toBe(current);
  });

  it('starts the grace period once, and only for the current token', () => {
    const graceEndAt = (live: SessionRecord, current: string) =>
      confirmedRotation(live, current, MINUTE_MS, NOW)?.graceEndAt;
    expect(graceEndAt(rotated(null), 'second')).toBe(NOW + MINUTE_MS);
    expect(graceEndAt(rotated(null), 'first')).toBeNull();
    expect(graceEndAt(rotated(NOW + 1), 'second')).toBe(NOW + 1);
    expect(confirmedRotation(original, 'second', MINUTE_MS, NOW)).toBeNull();
  });

  it.each([
    ['before the client has presented the current token', null, nonce],
    ['within the grace period', NOW + 1, nonce],
    ['at the end of the grace period', NOW, null],
  ])('keeps the nonce until the end of the grace period: %s', (_when, graceEndAt, expected) => {
    const written = committedRecord(rotated(graceEndAt), original.idleMs, NO_CHANGES, NOW);
    expect(written.rotation).toEqual({ ...rotation(graceEndAt), nonce: expected });
  });
});

describe('the limit on sessions of a user', () => {
  const oldest = session({ signedInAt: NOW - 3 * MINUTE_MS, lastActiveAt: NOW });
  const middle = session({ signedInAt: NOW - 2 * MINUTE_MS, lastActiveAt: NOW - 2 * MINUTE_MS });
  const latest = session({ signedInAt: NOW - MINUTE_MS, lastActiveAt: NOW - MINUTE_MS });
  const live = [latest, middle, oldest];

  const evicted = (
    max: number | null,
    onExceed: OnExceed = 'evict-oldest',
    replaces: SessionRecord | null = null,
  ) => {
    const limit = { max, onExceed };
    const replaced = replaces && { id: replaces.id, keepData: true };
    return evictedBy({ limit, replaces: replaced } as SignInIntent, live);
  };

  it.each<[string, readonly SessionRecord[] | null, readonly SessionRecord[] | null]>([
    ['none without a limit', evicted(null), []],
    ['none below the limit', evicted(4), []],
    ['the session that signed in first', evicted(3), [oldest]],
    ['as many as necessary, in order', evicted(1), [oldest, middle, latest]],
    ['the session that was idle for longest', evicted(3, 'evict-idlest'), [middle]],
    ['none if the limit rejects the sign-in', evicted(3, 'reject'), null],
    ['none if a rejecting limit has room', evicted(4, 'reject'), []],
    ['none if the sign-in replaces one', evicted(3, 'evict-oldest', latest), []],
    ['another session than the replaced one', evicted(2, 'evict-oldest', oldest), [middle]],
  ])('evicts %s', (_which, sessions, expected) => {
    expect(sessions).toEqual(expected);
  });

  it('lists the latest sign-in first, and a session without one last', () => {
    const anonymous = session({ userId: null, signedInAt: null });
    expect([anonymous, ...live].sort(byLatestSignIn)).toEqual([latest, middle, oldest, anonymous]);
  });
});

describe('the notice of an ended session', () => {
  it.each<[EndReason | null, EndReason, boolean]>([
    [null, 'revoked', false],
    ['revoked', 'replaced', false],
    ['revoked', 'signed-out', false],
    ['replaced', 'revoked', true],
    ['replaced', 'replaced', false],
  ])('a present notice %j stays if the next is %j: %j', (present, next, isKept) => {
    expect(isNoticeKept(present && { reason: present }, { reason: next })).toBe(isKept);
  });
});
