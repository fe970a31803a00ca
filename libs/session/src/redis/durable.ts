import type { Cluster, Redis } from 'ioredis';
import { SessionOptionsError } from '../core/errors/errors.js';
import type { Meter } from '../core/runtime/statistics.js';
import { openDedicatedConnection } from './client.js';
import { RedisCaller } from './caller.js';
import type { Operation } from './operations.js';
import { DeadlineError, withDeadline } from './deadline.js';
import { mastersOf, withoutCommand } from './ioredis-internals.js';
import { redisErrorCode } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { masterOf } from './slots.js';

/** The number of replicas that must confirm a write that ends sessions, and the time that this may take. */
export interface Durability {
  readonly replicas: number;
  readonly timeoutMs: number;
}

/** A write that too few replicas have confirmed in time. */
export interface Shortfall {
  readonly operation: string;
  readonly wanted: number;
  readonly confirmed: number;
  /** The error of the query for confirmations; `null` if Redis has answered it. */
  readonly error: Error | null;
}

/** The part of the deadline that is left for the reply to WAIT to arrive. */
const MARGIN_MS = 10;
const CHECK_TIMEOUT_MS = 1_000;

/** Opens a connection for a {@link DurableCaller}, which closes it. */
export function openDurable(
  client: Redis | Cluster,
  deadlineMs: number,
  durability: Durability,
  onShortfall: (shortfall: Shortfall) => void,
  meter?: Meter,
): DurableCaller {
  return new DurableCaller(
    openDedicatedConnection(client, deadlineMs),
    deadlineMs,
    durability,
    onShortfall,
    meter,
  );
}

/**
 * Runs scripts that end sessions, and waits until replicas have received their writes: a failover to a replica without
 * them would restore ended sessions. Uses a connection of its own, because WAIT delays all commands behind it.
 */
export class DurableCaller {
  private readonly caller: RedisCaller;

  /** @param client a connection without other users */
  constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
    private readonly durability: Durability,
    private readonly onShortfall: (shortfall: Shortfall) => void,
    meter?: Meter,
  ) {
    this.caller = new RedisCaller(client, deadlineMs, meter);
  }

  /** Runs a script. It succeeds if replicas are slow or unavailable, because the master has run it. */
  async run(
    script: ScriptName,
    operation: Operation,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const endsAt = performance.now() + this.deadlineMs;
    const reply = await this.caller.run(script, operation, keys, args);
    const { replicas: wanted, timeoutMs } = this.durability;
    const waitMs = Math.floor(Math.min(timeoutMs, endsAt - performance.now() - MARGIN_MS));
    const answer = await this.confirmations(keys[0] as string, wanted, waitMs, endsAt);
    const isKnown = typeof answer === 'number';
    const [confirmed, error] = isKnown ? [answer, null] : [0, answer];
    if (confirmed < wanted) this.onShortfall({ operation: operation.operation, wanted, confirmed, error });
    return reply;
  }

  close(): void {
    this.client.disconnect();
  }

  /** @returns how many replicas have confirmed, or why that is not known */
  private async confirmations(
    key: string,
    wanted: number,
    waitMs: number,
    endsAt: number,
  ): Promise<number | Error> {
    const node = masterOf(this.client, key);
    if (!node) return new Error('the server is not connected');
    // Zero means no timeout to Redis.
    if (waitMs < 1) return 0;
    try {
      // An idle server checks timeouts ten times a second, so the reply may be late.
      return await withDeadline(node.wait(wanted, waitMs), endsAt - performance.now());
    } catch (error) {
      return error instanceof DeadlineError ? 0 : (withoutCommand(error) as Error);
    }
  }
}

/**
 * Checks that the ACL user may wait for replicas.
 *
 * @throws SessionOptionsError if Redis rejects WAIT
 */
export async function checkMayWait(client: Redis | Cluster): Promise<void> {
  const connected = mastersOf(client).filter(({ status }) => status === 'ready');
  // With zero replicas, Redis answers at once.
  const answers = connected.map((node) =>
    withDeadline(node.wait(0, 1), CHECK_TIMEOUT_MS).catch((error: unknown) => error),
  );
  const refusal = (await Promise.all(answers)).find((answer) => redisErrorCode(answer) === 'NOPERM') as
    Error | undefined;
  if (!refusal) return;
  throw new SessionOptionsError(
    `durability: expected a Redis that allows WAIT, but it answered "${refusal.message}". ` +
      'Allow the ACL user to run WAIT (+wait), or leave out "durability".',
    { cause: withoutCommand(refusal) },
  );
}
