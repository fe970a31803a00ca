import type { Cluster, Redis } from 'ioredis';
import { withoutFullStop } from '../core/errors.js';

/** Why clients that are not connected have lost their connection. */
const reasons = new WeakMap<Redis | Cluster, Error>();

/** Why a client is not connected, as far as it has said. */
export function reasonOfBreak(client: Redis | Cluster): Error | undefined {
  return reasons.get(client);
}

/**
 * Tells of a connection that broke, once, and when it is back.
 *
 * @returns stops it
 */
export function watchBreaks(client: Redis | Cluster, warn: (message: string) => void): () => void {
  let isBroken = false;
  const onError = (error: Error) => {
    reasons.set(client, error);
    if (!isBroken)
      warn(`Redis: ${withoutFullStop(error.message) || error.name}. Trying again until it is back.`);
    isBroken = true;
  };
  const onReady = () => {
    reasons.delete(client);
    if (isBroken) warn('Redis is back.');
    isBroken = false;
  };
  client.on('error', onError).on('ready', onReady);
  return () => void client.off('error', onError).off('ready', onReady);
}
