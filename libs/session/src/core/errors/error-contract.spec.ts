import { mintToken, randomShard, sessionIdOf } from '../record/token.js';
import {
  SessionConflictError,
  SessionCookiesError,
  SessionDataError,
  SessionEndedError,
  SessionLimitError,
  SessionMisconfiguredError,
  SessionOptionsError,
  SessionSizeError,
  SessionUnavailableError,
  SessionUsageError,
  SessionValueError,
} from './errors.js';

describe('the contract of errors', () => {
  it.each([
    [new SessionOptionsError('Wrong.'), 'SessionOptionsError', 'SESSION_OPTIONS_INVALID', 500],
    [new SessionUsageError('Wrong.'), 'SessionUsageError', 'SESSION_USAGE_INVALID', 500],
    [new SessionValueError('cart', 'Wrong.'), 'SessionValueError', 'SESSION_VALUE_INVALID', 500],
    [new SessionDataError([]), 'SessionDataError', 'SESSION_DATA_INVALID', 400],
    [new SessionEndedError({ reason: 'expired', at: null }), 'SessionEndedError', 'SESSION_ENDED', 401],
    [new SessionCookiesError(16), 'SessionCookiesError', 'SESSION_TOO_MANY_COOKIES', 400],
    [new SessionConflictError('cart', 20), 'SessionConflictError', 'SESSION_CONFLICT', 409],
    [new SessionLimitError(1, []), 'SessionLimitError', 'SESSION_LIMIT_REACHED', 409],
    [new SessionSizeError(10, 11), 'SessionSizeError', 'SESSION_TOO_LARGE', 413],
    [new SessionUnavailableError('load', null), 'SessionUnavailableError', 'SESSION_UNAVAILABLE', 503],
    [
      new SessionMisconfiguredError('load', null, 'Allow it.'),
      'SessionMisconfiguredError',
      'SESSION_MISCONFIGURED',
      503,
    ],
  ])('an error has its name, its code and its status: %s', (error, name, code, status) => {
    expect(error).toMatchObject({ name, code, statusCode: status, status });
    expect(error.getStatus()).toBe(status);
    expect(error.expose).toBe(status < 500);
  });

  it('shows the client of an unavailable store one code and one message, whatever the cause', () => {
    const body = {
      statusCode: 503,
      message: 'Sessions are unavailable at the moment. Try again.',
      error: 'Service Unavailable',
      code: 'SESSION_UNAVAILABLE',
    };
    const unavailable = new SessionUnavailableError('load a session', new Error('ECONNREFUSED'));
    const misconfigured = new SessionMisconfiguredError('load a session', unavailable, 'Allow it.');
    expect(unavailable.getResponse()).toEqual(body);
    expect(misconfigured.getResponse()).toEqual(body);
  });

  it('lists all problems of invalid data in one message', () => {
    const error = new SessionDataError([
      { field: 'theme', expected: ['theme must be a string', 'theme must not be empty'] },
      { field: 'size', expected: ['size must be a number'] },
    ]);
    expect(error.message).toBe(
      'The session was not saved: theme: theme must be a string, theme must not be empty; ' +
        'size: size must be a number',
    );
  });

  it('a size error says that the session is larger if the store does not know its size', () => {
    expect(new SessionSizeError(10, 11).message).toMatch(/at most 10 bytes, received 11\. /);
    expect(new SessionSizeError(10, null).message).toMatch(/at most 10 bytes, received more\. /);
  });

  it('the end of a session is in the message of its error', () => {
    expect(new SessionEndedError({ reason: 'evicted', at: null }).message).toContain('(evicted)');
  });

  it('an error of a failed store lists the sessions that had ended, and counts them in its message', () => {
    const ids = [sessionIdOf(mintToken(randomShard())), sessionIdOf(mintToken(randomShard()))];
    const error = new SessionUnavailableError('end the sessions of a user', 'timeout');
    expect(error.ended).toEqual([]);
    error.noteEnded(ids);
    expect(error.ended).toEqual(ids);
    expect(error.message).toMatch(/^The session store could not end .* \(2 of them have ended; /);
  });

  it('the store counts as called unless the error says otherwise', () => {
    expect(new SessionUnavailableError('load a session', 'timeout').wasAsked).toBe(true);
    expect(new SessionUnavailableError('load a session', 'open', false).wasAsked).toBe(false);
  });
});
