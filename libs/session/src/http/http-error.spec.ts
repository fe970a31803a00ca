import { HttpException } from '@nestjs/common';
import {
  describeEnd,
  SessionConflictError,
  SessionCookiesError,
  SessionDataError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionMisconfiguredError,
  SessionOptionsError,
  SessionSizeError,
  SessionUnavailableError,
  SessionUsageError,
  SessionValueError,
} from '../core/errors/errors.js';
import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { makeHttpExceptions } from '../nest/http-exceptions.js';
import { toHttpError } from './http-error.js';

makeHttpExceptions();

const NOW = Date.UTC(2026, 0, 1);
const WHEN = '2026-01-01T00:00:00.000Z';
const by = { device: 'Firefox on Linux', address: '192.0.2.1' };

const record: SessionRecord = {
  id: 'x'.repeat(25) as SessionId,
  ...{ createdAt: NOW, lastActiveAt: NOW, idleMs: 60_000, absoluteEndAt: NOW + 30_000 },
  ...{ userId: 'alice', signedInAt: NOW, device: 'curl', address: null, persistent: false },
  rotation: {
    at: NOW,
    current: 'secret',
    previous: 'secret',
    graceEndAt: null,
    nonce: 'secret',
    tagKey: 'secret',
  },
  fields: new Map([['cart', 'secret']]),
};

describe('the response for an error', () => {
  it('contains the limit and the live sessions, for a reached limit', () => {
    const { statusCode, body } = toHttpError(new SessionLimitError(1, [record]));
    expect(statusCode).toBe(409);
    const told = JSON.parse(JSON.stringify(body)) as object;
    expect(told).toEqual({
      ...{ statusCode: 409, error: 'Conflict', code: 'SESSION_LIMIT_REACHED', max: 1 },
      message: 'The limit of 1 concurrent sessions is reached. End one of them to sign in here.',
      sessions: [
        {
          ...{ id: record.id, userId: 'alice', device: 'curl', address: null },
          ...{ createdAt: WHEN, signedInAt: WHEN, lastActiveAt: WHEN },
          ...{ idleEndAt: '2026-01-01T00:00:30.000Z', absoluteEndAt: '2026-01-01T00:00:30.000Z' },
        },
      ],
    });
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('contains the reason, the time and the origin, for an ended session', () => {
    const error = new SessionEndedError({ reason: 'evicted', at: NOW, by });
    expect(toHttpError(error)).toMatchObject({
      statusCode: 401,
      body: {
        statusCode: 401,
        error: 'Unauthorized',
        code: 'SESSION_ENDED',
        reason: 'evicted',
        at: WHEN,
        by,
      },
    });
    expect(describeEnd({ reason: 'expired', at: null })).toEqual({ reason: 'expired' });
  });

  it('contains the problems, for invalid data', () => {
    const problems = [{ field: 'theme', expected: ['theme must be a string'] }];
    expect(toHttpError(new SessionDataError(problems))).toMatchObject({
      statusCode: 400,
      body: { problems, message: 'The session was not saved: theme: theme must be a string' },
    });
  });

  it('invites the client to try again, for a conflict', () => {
    expect(toHttpError(new SessionConflictError('cart', 20))).toMatchObject({
      statusCode: 409,
      body: {
        message: 'session.cart was changed by other requests at each of 20 tries to update it. Try again.',
      },
    });
  });

  it('contains Retry-After and names no server, for an unavailable store', () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.5:6379');
    const error = new SessionUnavailableError('load a session', cause);
    expect(error.cause).toBe(cause);
    const answer = toHttpError(error);
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect(JSON.stringify(answer)).not.toMatch(/10\.0\.0\.5|ECONNREFUSED|load/);
  });

  it.each([
    [new SessionOptionsError('limit.max gave -1 for user "alice"'), 'SESSION_OPTIONS_INVALID'],
    [new SessionUsageError('alice'), 'SESSION_USAGE_INVALID'],
    [new SessionValueError('cart.alice', 'alice'), 'SESSION_VALUE_INVALID'],
    [new Error('alice'), undefined],
    ['alice', undefined],
    [null, undefined],
  ])('contains nothing but the code, for an error of the application', (error, code) => {
    const answer = toHttpError(error);
    expect(answer.body).toEqual({
      ...{ statusCode: 500, message: 'Internal server error', error: 'Internal Server Error' },
      ...(code && { code }),
    });
    expect(answer.headers).toEqual({});
    expect(error).not.toBeInstanceOf(HttpException);
  });

  it.each([
    [new SessionDataError([]), 400],
    [new SessionCookiesError(16), 400],
    [new SessionEndedError({ reason: 'expired', at: null }), 401],
    [new SessionConflictError('cart', 20), 409],
    [new SessionLimitError(1, []), 409],
    [new SessionSizeError(10, 11), 413],
    [new SessionUnavailableError('load a session', 'unavailable'), 503],
    [new SessionMisconfiguredError('load a session', 'NOPERM', 'Allow it.'), 503],
  ])("returns the same response through Nest's HttpException: %s", (error, status) => {
    expect(error).toBeInstanceOf(HttpException);
    expect(error).toBeInstanceOf(SessionError);
    expect(error).toBeInstanceOf(error.constructor);
    expect(error.getStatus()).toBe(status);
    expect(error.getResponse()).toEqual(toHttpError(error).body);
    const code = status === 503 ? 'SESSION_UNAVAILABLE' : error.code;
    expect(error.getResponse()).toMatchObject({ statusCode: status, code });
  });
});
