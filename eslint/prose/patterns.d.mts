/** One pattern of docs/style.md. */
export interface Pattern {
  readonly name: string;
  readonly find: RegExp;
  /** The advice of the message. */
  readonly instead: string;
  /** A sentence that the pattern finds. */
  readonly now: string;
  /** The same sentence in good style. */
  readonly then: string;
  /** Sound sentences that come close to the pattern. */
  readonly allowed?: readonly string[];
}

export declare const PHRASES: readonly Pattern[];
export declare const BEGINNINGS: readonly Pattern[];
export declare const FUNCTION_BEGINNINGS: readonly Pattern[];
export declare const TITLES: readonly Pattern[];
