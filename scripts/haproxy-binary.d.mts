/** Finds haproxy without changing the machine; `null` if there is none. */
export function findHaproxy(): string | null;

/**
 * Finds haproxy, and where that fails installs Debian's.
 *
 * @throws Error with installation instructions, if it can neither be found nor installed
 */
export function ensureHaproxy(): string;
