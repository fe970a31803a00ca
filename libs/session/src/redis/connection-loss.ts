import type { Cluster, Redis } from 'ioredis';
import { withoutFullStop } from '../core/errors/errors.js';
import { shownSentence } from '../core/errors/shown.js';
import { databaseConfirmed } from './database.js';

/** The errors of clients that are not connected. */
const reasons = new WeakMap<Redis | Cluster, Error>();

/** Returns why a client is not connected, as far as it has reported an error. */
export function connectionError(client: Redis | Cluster): Error | undefined {
  return reasons.get(client);
}

/**
 * Logs the loss of a connection once, and its recovery.
 *
 * @returns stops it
 */
export function logConnectionLoss(client: Redis | Cluster, warn: (message: string) => void): () => void {
  let isLost = false;
  const onError = (error: Error) => {
    reasons.set(client, error);
    const reason = withoutFullStop(shownSentence(error.message)) || error.name;
    if (!isLost) warn(`Redis connection failed: ${reason}. Reconnecting.`);
    isLost = true;
  };
  const onReady = async () => {
    // The connection does not serve before Redis has confirmed the database.
    await databaseConfirmed(client);
    reasons.delete(client);
    if (isLost) warn('Redis connection restored.');
    isLost = false;
  };
  const listener = () => void onReady().catch(onError);
  client.on('error', onError).on('ready', listener);
  return () => void client.off('error', onError).off('ready', listener);
}
