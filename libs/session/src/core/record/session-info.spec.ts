import { NO_IDLE_MS } from './expiry.js';
import type { SessionRecord } from './record.js';
import { describeSession } from './session-info.js';
import { mintToken, randomShard, sessionIdOf } from './token.js';

const SIGNED_IN_AT = Date.UTC(2030, 0, 1, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const record: SessionRecord = {
  id: sessionIdOf(mintToken(randomShard())),
  createdAt: SIGNED_IN_AT - MINUTE_MS,
  lastActiveAt: SIGNED_IN_AT + 5 * MINUTE_MS,
  idleMs: 30 * MINUTE_MS,
  absoluteEndAt: SIGNED_IN_AT + HOUR_MS,
  userId: 'alice',
  signedInAt: SIGNED_IN_AT,
  device: 'Firefox on Linux',
  address: '192.0.2.7',
  persistent: false,
  rotation: null,
  fields: new Map([['cart', '[]']]),
};

describe('the public facts of a session', () => {
  it('describeSession() returns IDs, origin and times, and none of the data', () => {
    expect(describeSession(record)).toEqual({
      id: record.id,
      userId: 'alice',
      device: 'Firefox on Linux',
      address: '192.0.2.7',
      createdAt: new Date('2030-01-01T11:59:00Z'),
      signedInAt: new Date('2030-01-01T12:00:00Z'),
      lastActiveAt: new Date('2030-01-01T12:05:00Z'),
      idleEndAt: new Date('2030-01-01T12:35:00Z'),
      absoluteEndAt: new Date('2030-01-01T13:00:00Z'),
    });
  });

  it.each([
    ['an idle timeout that would end later', HOUR_MS],
    ['no idle timeout', NO_IDLE_MS],
  ])('a session with %s ends at its absolute end', (_which, idleMs) => {
    const { idleEndAt, absoluteEndAt } = describeSession({ ...record, idleMs });
    expect(idleEndAt).toEqual(absoluteEndAt);
  });

  it('an anonymous session has no user and no time of a sign-in', () => {
    const anonymous = { ...record, userId: null, signedInAt: null };
    expect(describeSession(anonymous)).toMatchObject({ userId: null, signedInAt: null });
  });
});
