import type { Cluster, Redis } from 'ioredis';
import { SessionOptionsError } from '../core/errors/errors.js';
import type { Meter } from '../core/runtime/statistics.js';
import { openBeside } from './client.js';
import { RedisCaller } from './caller.js';
import type { RedisCall } from './caller.js';
import { DeadlineError, withDeadline } from './deadline.js';
import { redisErrorCode, withoutCommand } from './redis-error.js';
import type { ScriptName } from './scripts.js';
import { masterOf } from './slots.js';

/** How many replicas must have a write that ends sessions, and how long that may take. */
export interface Durability {
  readonly replicas: number;
  readonly timeoutMs: number;
}

/** Too few replicas have confirmed a write in time. */
export interface Shortfall {
  readonly operation: string;
  readonly wanted: number;
  readonly confirmed: number;
  /** Why Redis did not say how many have confirmed; `null`: it did. */
  readonly error: Error | null;
}

/** What is left of the deadline for the answer to WAIT to come back. */
const MARGIN_MS = 10;
const PATIENCE_MS = 1_000;

/** Opens the connection that it takes. {@link DurableCaller.close} closes it. */
export function openDurable(
  client: Redis | Cluster,
  deadlineMs: number,
  durability: Durability,
  onShortfall: (shortfall: Shortfall) => void,
  meter?: Meter,
): DurableCaller {
  return new DurableCaller(openBeside(client, deadlineMs), deadlineMs, durability, onShortfall, meter);
}

/**
 * Runs scripts that end sessions, and waits until replicas have what they wrote: a failover to one that has not would
 * bring back who was signed out. On a connection of its own, as WAIT holds up all that is behind it.
 */
export class DurableCaller {
  private readonly caller: RedisCaller;

  /** @param client a connection that nobody else uses */
  constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
    private readonly durability: Durability,
    private readonly onShortfall: (shortfall: Shortfall) => void,
    meter?: Meter,
  ) {
    this.caller = new RedisCaller(client, deadlineMs, meter);
  }

  /** Runs a script. That replicas are slow or gone does not make it fail: on the master it is done. */
  async run(
    script: ScriptName,
    call: Omit<RedisCall, 'key'>,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const endsAt = performance.now() + this.deadlineMs;
    const reply = await this.caller.run(script, call, keys, args);
    const { replicas: wanted, timeoutMs } = this.durability;
    const waitMs = Math.floor(Math.min(timeoutMs, endsAt - performance.now() - MARGIN_MS));
    const answer = await this.confirmations(keys[0] as string, wanted, waitMs, endsAt);
    const isKnown = typeof answer === 'number';
    const [confirmed, error] = isKnown ? [answer, null] : [0, answer];
    if (confirmed < wanted) this.onShortfall({ operation: call.operation, wanted, confirmed, error });
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
    if (!node) return new Error('its server is not connected');
    // To Redis, zero is for ever.
    if (waitMs < 1) return 0;
    try {
      // An idle server looks at its clock ten times a second, so the answer may come later than it was asked for.
      return await withDeadline(node.wait(wanted, waitMs), endsAt - performance.now());
    } catch (error) {
      return error instanceof DeadlineError ? 0 : (withoutCommand(error) as Error);
    }
  }
}

/**
 * Checks that Redis lets the application wait for replicas.
 *
 * @throws SessionOptionsError when it does not
 */
export async function checkMayWait(client: Redis | Cluster): Promise<void> {
  const masters = client.isCluster ? (client as Cluster).nodes('master') : [client as Redis];
  const connected = masters.filter(({ status }) => status === 'ready');
  // No replicas: Redis answers at once.
  const answers = connected.map((node) =>
    withDeadline(node.wait(0, 1), PATIENCE_MS).catch((error: unknown) => error),
  );
  const refusal = (await Promise.all(answers)).find((answer) => redisErrorCode(answer) === 'NOPERM') as
    Error | undefined;
  if (!refusal) return;
  throw new SessionOptionsError(
    `durability: expected a Redis that lets the application wait for replicas, but it answered "${refusal.message}". ` +
      'Let the ACL user run WAIT (+wait), or leave out "durability".',
    { cause: withoutCommand(refusal) },
  );
}
