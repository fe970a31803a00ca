/** The outcome of a check. `skipped`: the permissions do not allow it. */
export type CheckStatus = 'ok' | 'warning' | 'error' | 'skipped';

/** The result of one check on one server. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** The address of the server; `null` if the check concerns all of them. */
  readonly server: string | null;
  /** The finding, and the remedy of a problem. */
  readonly message: string;
}

/** Returns a function that makes the results of checks on one server. */
export function checksOn(server: string | null) {
  return (name: string, status: CheckStatus, message: string): Check => ({ name, status, server, message });
}
