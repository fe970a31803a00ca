import type { Absence } from './absence.js';
import type { SessionId, Token } from './token.js';

/** A token and the public id of the session that it opens. */
export interface TokenPair {
  readonly token: Token;
  readonly id: SessionId;
  /** What the store said when the token was shown and opened nothing. */
  readonly absence?: Absence | undefined;
}
