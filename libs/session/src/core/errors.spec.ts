import { jest } from '@jest/globals';
import type * as Errors from './errors.js';
import {
  isSessionError,
  SessionConflictError,
  SessionEndedError,
  SessionError,
  SessionLimitError,
  SessionMisconfiguredError,
  SessionUnavailableError,
} from './errors.js';

describe('the message of a store that failed', () => {
  const cause = new Error('Connection is closed.');

  it('goes on after what others wrote as a sentence', () => {
    expect(new SessionUnavailableError('load a session', cause).message).toBe(
      'The session store could not load a session: Connection is closed',
    );
    expect(new SessionMisconfiguredError('load a session', cause, 'Open it.').message).toBe(
      'The session store could not load a session: Connection is closed. Open it.',
    );
  });
});

describe('an error of another copy of this package', () => {
  let copy: typeof Errors;
  beforeAll(async () => {
    jest.resetModules();
    copy = await import('./errors.js');
  });

  const end = { reason: 'expired', at: null } as const;

  it('is an instance of the classes that it has there, and of no others', () => {
    const error = new copy.SessionMisconfiguredError('load a session', 'NOPERM', 'Allow it.');
    expect(copy.SessionError).not.toBe(SessionError);
    for (const type of [SessionError, SessionUnavailableError, SessionMisconfiguredError]) {
      expect(error).toBeInstanceOf(type);
    }
    expect(error).not.toBeInstanceOf(SessionEndedError);
    expect(new copy.SessionEndedError(end)).toBeInstanceOf(SessionEndedError);
    expect(new SessionEndedError(end)).toBeInstanceOf(copy.SessionEndedError);
  });

  it('is known by its code', () => {
    const error: unknown = new copy.SessionConflictError('cart', 3);
    expect(isSessionError(error)).toBe(true);
    expect(isSessionError(error, 'SESSION_LIMIT_REACHED')).toBe(false);
    if (!isSessionError(error, 'SESSION_CONFLICT')) throw new Error('not known');
    expect(error.field).toBe('cart');
  });

  it.each([undefined, null, 'SESSION_CONFLICT', {}, { code: 'SESSION_CONFLICT' }, new Error('x')])(
    'is not %j',
    (thrown) => {
      expect(isSessionError(thrown)).toBe(false);
      expect(isSessionError(thrown, 'SESSION_CONFLICT')).toBe(false);
      expect(thrown instanceof SessionLimitError).toBe(false);
    },
  );

  it('is no instance of a class of the application that extends one of ours', () => {
    class OwnError extends SessionConflictError {}
    expect(new OwnError('cart', 3)).toBeInstanceOf(OwnError);
    expect(new OwnError('cart', 3)).toBeInstanceOf(SessionConflictError);
    expect(new SessionConflictError('cart', 3)).not.toBeInstanceOf(OwnError);
    expect(new copy.SessionConflictError('cart', 3)).not.toBeInstanceOf(OwnError);
  });
});
