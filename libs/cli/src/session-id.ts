import { parseSessionId, parseToken, type SessionId } from 'nestjs-redis-session/core';
import { usageFailure } from './failure.js';
import { shown } from './parse.js';

/** Returns the session ID in an argument. @throws Failure if it is none; a token is not repeated in the message */
export function sessionIdIn(text: string): SessionId {
  const id = parseSessionId(text);
  if (id) return id;
  if (parseToken(text)) {
    throw usageFailure(
      'expected the ID of a session, received a token. A token is a secret that opens the session, and is now in the history of the shell: end its session, and use the ID from "nestjs-session list" or an event.',
    );
  }
  throw usageFailure(`expected the ID of a session, which has 25 characters, received ${shown(text)}.`);
}
