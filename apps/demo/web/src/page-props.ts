import type { DemoInfo } from './api.js';
import type { Account } from './state/use-account.js';

/** The properties of every page. */
export interface PageProps {
  readonly account: Account;
  /** `null` until the demo has responded. */
  readonly demo: DemoInfo | null;
}
