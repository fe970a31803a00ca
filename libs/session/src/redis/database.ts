import type { Cluster, Redis } from 'ioredis';
import { failedCommand, selectedDatabase, socketOf } from './ioredis-internals.js';
import { redisErrorCode } from './redis-error.js';

/** Clients whose connection must not serve, because Redis has not confirmed its database. */
const unconfirmed = new WeakSet<Redis | Cluster>();
/** The errors of clients whose database Redis rejected last. */
const rejections = new WeakMap<Redis | Cluster, Error>();
/** The last check of a client's connection, which may be pending. */
const checks = new WeakMap<Redis, Promise<void>>();

/** Returns `true` if Redis has confirmed the database of a client's connection. */
export function isOnDatabase(client: Redis | Cluster): boolean {
  return !unconfirmed.has(client);
}

/** Returns the error if Redis has rejected a client's database. */
export function databaseError(client: Redis | Cluster): Error | undefined {
  return rejections.get(client);
}

/** Waits until Redis has confirmed the database of a connection. Rejects with the error of Redis. */
export function databaseConfirmed(client: Redis | Cluster): Promise<void> {
  return checks.get(client as Redis) ?? Promise.resolve();
}

/**
 * Keeps each connection of a client from serving until Redis has confirmed its database, and replaces the connection
 * if Redis rejects the database. ioredis emits the error of the `SELECT` and continues in database 0, which may hold
 * the sessions of another application (https://github.com/redis/ioredis/issues/1213).
 *
 * @returns stops it
 */
export function confirmDatabase(client: Redis): () => void {
  const onUnknown = () => void unconfirmed.add(client);
  const onReady = () => {
    const check = confirm(client);
    checks.set(client, check);
    check.catch(() => undefined); // callers that need the outcome await it too
  };
  const onError = (error: Error) => {
    // Comes before the connection is ready, and so before queued commands of the application are sent.
    if (isRefusedSelect(error)) replaceConnection(client, error);
  };
  client.on('connect', onUnknown).on('close', onUnknown).on('ready', onReady).on('error', onError);
  if (client.status === 'ready') onReady();
  else onUnknown();
  return () => {
    client.off('connect', onUnknown).off('close', onUnknown).off('ready', onReady).off('error', onError);
    unconfirmed.delete(client);
    rejections.delete(client);
    checks.delete(client);
  };
}

/** Returns `true` if an error is the reply of Redis to a `SELECT`. */
export function isRefusedSelect(error: unknown): boolean {
  return redisErrorCode(error) !== null && failedCommand(error) === 'select';
}

async function confirm(client: Redis): Promise<void> {
  const socket = socketOf(client);
  const db = selectedDatabase(client);
  try {
    if (db !== 0) await client.select(db);
  } catch (error) {
    if (socketOf(client) === socket) replaceConnection(client, error as Error);
    throw error;
  }
  if (socketOf(client) !== socket) return;
  unconfirmed.delete(client);
  rejections.delete(client);
}

function replaceConnection(client: Redis, error: Error): void {
  // Other errors, such as a broken connection, say nothing about the database.
  if (isRefusedSelect(error)) rejections.set(client, error);
  client.disconnect(true);
}
