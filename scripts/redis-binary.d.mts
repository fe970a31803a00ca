/** A way to run a Redis server: a program of this machine, or an image for its Docker engine. */
export type RedisRuntime =
  { readonly kind: 'binary'; readonly path: string } | { readonly kind: 'docker'; readonly image: string };

/** Finds a server without changing the machine: first on the PATH, then a Docker engine that answers. */
export function findRedis(): RedisRuntime | null;

/**
 * Finds a server, and where that fails installs Debian's.
 *
 * @throws Error with installation instructions, if no server can be found or installed
 */
export function ensureRedis(): RedisRuntime;
