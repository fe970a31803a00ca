import type { Absence } from './absence.js';
import type { SessionId, Token } from '../record/token.js';

/** A token and the public ID of the session that it opens. */
export interface TokenPair {
  readonly token: Token;
  readonly id: SessionId;
  /** The store's reply, if the token opened no session when it was presented. */
  absence?: Absence | undefined;
}
