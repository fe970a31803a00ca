import type { TokenPair } from './token-pair.js';
import type { SessionRecord } from './store.js';

/** So many cookies of one name are looked at when a sign-in or a sign-out ends what the request showed. */
export const MAX_COOKIES = 16;

/**
 * The cookies of one request that do not count: a browser can hold several of one name, with another domain or path.
 * They open nothing for this request, and its sign-in or sign-out ends what they open.
 */
export class OtherCookies {
  private found: Promise<readonly SessionRecord[]> | null = null;

  /**
   * @param pairs tokens of which one may have been replaced by a newer one that the browser has
   * @param isCutShort whether there are more than are looked at
   * @param look finds the sessions that the tokens open
   */
  constructor(
    readonly pairs: readonly TokenPair[],
    readonly isCutShort: boolean,
    private readonly look: () => Promise<readonly SessionRecord[]>,
  ) {}

  /** The sessions that the tokens open, each of them once. Looked up when first asked for. */
  sessions(): Promise<readonly SessionRecord[]> {
    this.found ??= this.look();
    return this.found;
  }
}

/** Sessions without repetition. */
export function distinct(records: readonly SessionRecord[]): SessionRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}
