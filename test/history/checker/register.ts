import type { Instant, Step } from '../history.js';
import type { Anomaly } from './anomaly.js';

/** One value of a register: its write and all its reads. No two writes write the same value. */
interface Cluster {
  readonly value: string;
  write: Write | null;
  /** True if it was written again after an unknown outcome, so that it may have been present at two times. */
  isRepeated: boolean;
  /** The end of what ended first. */
  firstEnd: Instant;
  /** The start of what started last. */
  lastStart: Instant;
  lastRead: { readonly end: Instant; readonly by: Step } | null;
}

interface Write {
  readonly start: Instant;
  /** `Infinity`: the outcome is unknown. */
  readonly end: Instant;
  /** Steps whose loss would lose the value. None: the initial value of the register. */
  readonly steps: readonly Step[];
}

/**
 * Checks that reads and writes of one field could have taken place one after another, each at some moment between
 * its start and its end. By Gibbons and Korach ("Testing shared memories", 1997): where every write writes a value of
 * its own, that is so exactly if no value is read before its write, and the spans in which values must have been
 * there do not meet.
 */
export class Register {
  private readonly clusters = new Map<string, Cluster>();

  constructor(
    private readonly session: string,
    private readonly field: string,
  ) {}

  write(value: string, write: Write): void {
    const cluster = this.cluster(value);
    cluster.isRepeated = cluster.write !== null;
    cluster.write = write;
    cluster.firstEnd = Math.min(cluster.firstEnd, write.end);
    cluster.lastStart = Math.max(cluster.lastStart, write.start);
  }

  read(value: string, start: Instant, end: Instant, by: Step): void {
    const cluster = this.cluster(value);
    cluster.firstEnd = Math.min(cluster.firstEnd, end);
    cluster.lastStart = Math.max(cluster.lastStart, start);
    if (end > (cluster.lastRead?.end ?? -Infinity)) cluster.lastRead = { end, by };
  }

  check(): Anomaly[] {
    // A write of unknown outcome that was never read need not have taken place.
    const clusters = [...this.clusters.values()].filter(
      ({ firstEnd, isRepeated }) => firstEnd < Infinity && !isRepeated,
    );
    const spans = clusters.filter(({ firstEnd, lastStart }) => firstEnd < lastStart);
    const moments = clusters.filter(({ firstEnd, lastStart }) => firstEnd >= lastStart);
    spans.sort((one, other) => one.firstEnd - other.firstEnd);
    return [
      ...clusters.flatMap((cluster) => this.checkOrder(cluster)),
      ...spans.flatMap((span, index) =>
        spans
          .slice(index + 1)
          .filter((other) => other.firstEnd < span.lastStart)
          .map((other) => this.conflict(span, other, [...stepsOf(other), ...stepsOf(span)])),
      ),
      ...moments.flatMap((moment) =>
        spans
          .filter((span) => span.firstEnd < moment.lastStart && moment.firstEnd < span.lastStart)
          .map((span) => this.conflict(span, moment, stepsOf(moment))),
      ),
    ];
  }

  private checkOrder({ value, write, firstEnd, lastRead }: Cluster): Anomaly[] {
    if (!write || !lastRead || firstEnd >= write.start) return [];
    const text = `${this.field} of ${this.session} was read as ${value} before that was written`;
    return [this.anomaly(text, lastRead.end, [...write.steps, lastRead.by], [])];
  }

  private conflict(kept: Cluster, other: Cluster, suspects: readonly Step[]): Anomaly {
    const text =
      `${this.field} of ${this.session} was ${kept.value} both before and after it was ${other.value}, ` +
      `which had been acknowledged: an update is lost`;
    const reads = [kept.lastRead?.by, other.lastRead?.by].filter((step) => step !== undefined);
    const at = Math.max(kept.lastRead?.end ?? 0, other.lastRead?.end ?? 0);
    return this.anomaly(text, at, [...stepsOf(kept), ...stepsOf(other), ...reads], suspects);
  }

  private anomaly(text: string, at: Instant, evidence: readonly Step[], suspects: readonly Step[]): Anomaly {
    return { invariant: 'I4', session: this.session, text, at, evidence, suspects };
  }

  private cluster(value: string): Cluster {
    const known = this.clusters.get(value);
    if (known) return known;
    const cluster: Cluster = {
      value,
      write: null,
      isRepeated: false,
      firstEnd: Infinity,
      lastStart: -Infinity,
      lastRead: null,
    };
    this.clusters.set(value, cluster);
    return cluster;
  }
}

function stepsOf({ write }: Cluster): readonly Step[] {
  return write?.steps ?? [];
}
