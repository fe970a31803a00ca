/** The paths of the programs of Prometheus. */
export interface Prometheus {
  readonly server: string;
  readonly tool: string;
}

/** Instructions for a machine without Prometheus. */
export const HOW_TO_INSTALL_PROMETHEUS: string;

/** Finds the programs without changing the machine. */
export function findPrometheus(): Prometheus | null;

/** Finds the programs, and where that fails installs Debian's. Returns `null` if neither works. */
export function ensurePrometheus(): Prometheus | null;
