import { jest } from '@jest/globals';
import type * as Errors from './errors.js';
import {
  detailOf,
  isSessionError,
  SessionConflictError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionMisconfiguredError,
  SessionUnavailableError,
} from './errors.js';

describe('the error of a failed store', () => {
  const cause = new Error('connect ECONNREFUSED 10.0.0.7:6379.');
  const failed = new SessionUnavailableError('load a session', cause);
  const misconfigured = new SessionMisconfiguredError('load a session', failed, 'Open it.');

  it.each([failed, misconfigured])(
    'the message of an error names no server, because filters answer with it',
    (error) => {
      expect(error.message).toBe('The session store could not load a session');
      expect(JSON.stringify(error.getResponse())).not.toContain('10.0.0.7');
    },
  );

  it('the detail of an error says what happened and what to do', () => {
    expect(failed.detail).toBe(
      'The session store could not load a session: connect ECONNREFUSED 10.0.0.7:6379',
    );
    expect(misconfigured.detail).toBe(
      `The session store could not load a session: ${failed.detail}. Open it.`,
    );
  });

  it('returns the message as the detail of other errors', () => {
    const ended = new SessionEndedError({ reason: 'expired', at: null });
    expect([detailOf(ended), detailOf(cause)]).toEqual([ended.message, cause.message]);
  });
});

describe('an error from another copy of this package', () => {
  let copy: typeof Errors;
  beforeAll(async () => {
    jest.resetModules();
    copy = await import('./errors.js');
  });

  const end = { reason: 'expired', at: null } as const;

  it('an error from another copy is an instance of the same classes, and of no others', () => {
    const error = new copy.SessionMisconfiguredError('load a session', 'NOPERM', 'Allow it.');
    expect(copy.SessionError).not.toBe(SessionError);
    for (const type of [SessionError, SessionUnavailableError, SessionMisconfiguredError]) {
      expect(error).toBeInstanceOf(type);
    }
    expect(error).not.toBeInstanceOf(SessionEndedError);
    expect(new copy.SessionEndedError(end)).toBeInstanceOf(SessionEndedError);
    expect(new SessionEndedError(end)).toBeInstanceOf(copy.SessionEndedError);
  });

  it('isSessionError() recognises an error by its code', () => {
    const error: unknown = new copy.SessionConflictError('cart', 3);
    expect(isSessionError(error)).toBe(true);
    expect(isSessionError(error, 'SESSION_LIMIT_REACHED')).toBe(false);
    if (!isSessionError(error, 'SESSION_CONFLICT')) throw new Error('not known');
    expect(error.field).toBe('cart');
  });

  it.each([undefined, null, 'SESSION_CONFLICT', {}, { code: 'SESSION_CONFLICT' }, new Error('x')])(
    'isSessionError() rejects %j',
    (thrown) => {
      expect(isSessionError(thrown)).toBe(false);
      expect(isSessionError(thrown, 'SESSION_CONFLICT')).toBe(false);
      expect(thrown instanceof SessionLimitError).toBe(false);
    },
  );

  it('an error is not an instance of an application class that extends its class', () => {
    class OwnError extends SessionConflictError {}
    expect(new OwnError('cart', 3)).toBeInstanceOf(OwnError);
    expect(new OwnError('cart', 3)).toBeInstanceOf(SessionConflictError);
    expect(new SessionConflictError('cart', 3)).not.toBeInstanceOf(OwnError);
    expect(new copy.SessionConflictError('cart', 3)).not.toBeInstanceOf(OwnError);
  });
});
