import { SessionMisconfiguredError, SessionUnavailableError } from './errors.js';

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
