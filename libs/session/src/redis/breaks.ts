import type { Cluster, Redis } from 'ioredis';
import { withoutFullStop } from '../core/errors/errors.js';
import { databaseConfirmed } from './database.js';
import { shownSentence } from '../core/errors/shown.js';

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
      warn(
        `Redis: ${withoutFullStop(shownSentence(error.message)) || error.name}. Trying again until it is back.`,
      );
    isBroken = true;
  };
  const onReady = async () => {
    // Until Redis has confirmed the database, the connection is of no use.
    await databaseConfirmed(client);
    reasons.delete(client);
    if (isBroken) warn('Redis is back.');
    isBroken = false;
  };
  const noteReady = () => void onReady().catch(onError);
  client.on('error', onError).on('ready', noteReady);
  return () => void client.off('error', onError).off('ready', noteReady);
}
