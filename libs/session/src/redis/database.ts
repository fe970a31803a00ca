import type { Cluster, Redis } from 'ioredis';
import { redisErrorCode } from './redis-error.js';

/** Clients whose connection may not serve: Redis has not confirmed its database. */
const unconfirmed = new WeakSet<Redis | Cluster>();
/** What Redis answered to those that it refused last. */
const refusals = new WeakMap<Redis | Cluster, Error>();
/** The last check of a client's connection, which may still be under way. */
const checks = new WeakMap<Redis, Promise<void>>();

/** Returns the number of the database that a client uses, also where it was sent there after it was made. */
export function databaseOf(client: Redis): number {
  // ioredis selects the database of the options first, and then the one that the application selected before the break.
  const { prevCondition, condition, options } = client as Redis & { prevCondition?: { select: number } };
  return prevCondition?.select ?? condition?.select ?? options.db ?? 0;
}

/** Whether a connection that is ready may serve. */
export function isOnDatabase(client: Redis | Cluster): boolean {
  return !unconfirmed.has(client);
}

/** Returns why Redis has refused a client its database; `undefined` where it has not. */
export function refusedDatabase(client: Redis | Cluster): Error | undefined {
  return refusals.get(client);
}

/** Waits for the database of a connection that is ready. Rejects with what Redis answered. */
export function databaseConfirmed(client: Redis | Cluster): Promise<void> {
  return checks.get(client as Redis) ?? Promise.resolve();
}

/**
 * Keeps each connection of a client from serving until Redis has confirmed its database, and leaves it for a new one
 * where Redis refuses. ioredis reports that a `SELECT` was refused and goes on in database 0, which may hold the
 * sessions of another application.
 *
 * @returns stops it
 */
export function confirmDatabase(client: Redis): () => void {
  const onUnknown = () => void unconfirmed.add(client);
  const onReady = () => {
    const check = confirm(client);
    checks.set(client, check);
    check.catch(() => undefined); // the caller that needs it waits for it too
  };
  const onError = (error: Error) => {
    // Before the connection is ready, and so before a command of the application's is sent that waits for it.
    if (isRefusedSelect(error)) refuse(client, error);
  };
  client.on('connect', onUnknown).on('close', onUnknown).on('ready', onReady).on('error', onError);
  if (client.status === 'ready') onReady();
  else onUnknown();
  return () => {
    client.off('connect', onUnknown).off('close', onUnknown).off('ready', onReady).off('error', onError);
    unconfirmed.delete(client);
    refusals.delete(client);
    checks.delete(client);
  };
}

/** Whether an error is Redis' answer to a `SELECT`. */
export function isRefusedSelect(error: unknown): boolean {
  const { command } = error as { command?: { name?: string } };
  return redisErrorCode(error) !== null && command?.name?.toLowerCase() === 'select';
}

async function confirm(client: Redis): Promise<void> {
  const { stream } = client;
  const db = databaseOf(client);
  try {
    if (db !== 0) await client.select(db);
  } catch (error) {
    if (client.stream === stream) refuse(client, error as Error);
    throw error;
  }
  if (client.stream !== stream) return;
  unconfirmed.delete(client);
  refusals.delete(client);
}

function refuse(client: Redis, error: Error): void {
  // Or the connection broke meanwhile, which says nothing of the database.
  if (isRefusedSelect(error)) refusals.set(client, error);
  client.disconnect(true);
}
