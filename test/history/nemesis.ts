import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './history.js';
import { instant } from './history.js';
import type { Random } from './random.js';
import type { FaultKind, Site } from './sites/site.js';
import { REPLICA_MAY_LAG_MS } from './sites/site.js';

const LEAST_PEACE_MS = 200;
const MOST_PEACE_MS = 1_200;

/** Causes faults, one after another, until it is stopped. */
export class Nemesis {
  readonly faults: Fault[] = [];
  private readonly over = new AbortController();
  private lastLook = instant();

  /** @param kinds the faults to choose from, and the first to begin with */
  constructor(
    private readonly site: Pick<Site, 'hasDrifted'>,
    private readonly kinds: readonly FaultKind[],
    private readonly random: Random,
  ) {}

  async run(): Promise<void> {
    for (let kind = this.kinds[0] as FaultKind; !this.over.signal.aborted; kind = this.choose()) {
      const peaceMs = this.random.between(LEAST_PEACE_MS, MOST_PEACE_MS);
      const random = this.random.fork();
      await sleep(peaceMs, undefined, { signal: this.over.signal }).catch(() => undefined);
      await this.look();
      if (!this.over.signal.aborted) await this.strike(kind, random);
    }
  }

  /** Stops after the current fault, which {@link run} waits for. */
  stop(): void {
    this.over.abort();
  }

  /** Looks for failovers that the nemesis did not cause: on an overloaded machine, servers may consider each other dead. */
  async look(): Promise<void> {
    const mayLoseSince = this.lastLook - REPLICA_MAY_LAG_MS;
    const start = this.lastLook;
    if (await this.site.hasDrifted()) {
      this.faults.push({ name: 'failover by itself', start, end: instant(), mayLoseSince });
    }
    this.lastLook = instant();
  }

  private choose(): FaultKind {
    const weights = Object.fromEntries(this.kinds.map(({ name, weight }) => [name, weight]));
    const name = this.random.weighted(weights);
    return this.kinds.find((kind) => kind.name === name) as FaultKind;
  }

  private async strike(kind: FaultKind, random: Random): Promise<void> {
    const start = instant();
    const report = await kind.run(random);
    this.faults.push({ name: kind.name, start, end: instant(), mayLoseSince: report?.mayLoseSince ?? null });
    await this.look();
  }
}
