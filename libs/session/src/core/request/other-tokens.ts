import type { TokenPair } from './token-pair.js';
import type { SessionRecord } from '../store/store.js';

/** Maximum number of tokens of one request whose sessions a sign-in or a sign-out ends. */
export const MAX_TOKENS = 16;

/**
 * The tokens of one request that do not count: a browser can hold several cookies of one name, with different domains
 * or paths. This request does not use their sessions, and its sign-in or sign-out ends them.
 */
export class OtherTokens {
  private found: Promise<readonly SessionRecord[]> | null = null;

  /**
   * @param pairs tokens of which the browser may already hold a successor
   * @param isCutShort true if the request has more than {@link MAX_TOKENS}
   * @param load loads the sessions of the tokens
   */
  constructor(
    readonly pairs: readonly TokenPair[],
    readonly isCutShort: boolean,
    private readonly load: () => Promise<readonly SessionRecord[]>,
  ) {}

  /** Returns the sessions of the tokens, without duplicates. Loads them at the first call. */
  sessions(): Promise<readonly SessionRecord[]> {
    this.found ??= this.load();
    return this.found;
  }
}

/** Returns sessions without duplicates. */
export function distinct(records: readonly SessionRecord[]): SessionRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}
