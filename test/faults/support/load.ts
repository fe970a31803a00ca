import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Outcome of one request. */
interface Visit {
  /** Start of the request, by `performance.now()`. */
  readonly startedAt: number;
  tookMs: number | null;

  /** Status of the response; null if the connection broke or no response came. */
  status: number | null;
}

/** Outcomes of the requests that began within a period. */
export interface Tally {
  readonly sent: number;
  readonly unanswered: number;
  readonly slowestMs: number;
  /** Number of requests that were answered in time. */
  readonly inTime: number;
  /** Number of responses by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Sends requests at a steady rate, even while earlier ones have no response yet. */
export class Load {
  private readonly visits: Visit[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private readonly open = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly port: number,
    private readonly path: string,
    private readonly cookie: string,
    perSecond: number,
  ) {
    const startedAt = performance.now();
    this.timer = setInterval(() => {
      // Compensates for a late timer.
      while (this.visits.length < ((performance.now() - startedAt) * perSecond) / 1_000) this.send();
    }, 1_000 / perSecond);
  }

  /** Returns the outcomes of the requests that were sent within a period, without its end. */
  tally(from: number, to: number, withinMs = Infinity): Tally {
    const visits = this.visits.filter(({ startedAt }) => startedAt >= from && startedAt < to);
    const statuses: Record<string, number> = {};
    for (const { status } of visits) if (status !== null) statuses[status] = (statuses[status] ?? 0) + 1;
    return {
      sent: visits.length,
      unanswered: visits.filter(({ status }) => status === null).length,
      slowestMs: Math.max(0, ...visits.map(({ tookMs }) => tookMs ?? 0)),
      inTime: visits.filter(({ tookMs }) => tookMs !== null && tookMs <= withinMs).length,
      statuses,
    };
  }

  /** Returns the time until the first request after which all requests got 200 in time, in milliseconds. */
  normalAfter(from: number, withinMs = Infinity): number | null {
    const later = this.visits.filter(({ startedAt }) => startedAt >= from);
    const lastBad = later.findLastIndex(({ status, tookMs }) => status !== 200 || (tookMs ?? 0) > withinMs);
    const first = later[lastBad + 1];
    return first ? first.startedAt - from : null;
  }

  /** Stops sending, and waits for open requests up to a limit. */
  async stop(patienceMs: number): Promise<void> {
    clearInterval(this.timer);
    await Promise.race([Promise.all(this.open), wait(patienceMs, undefined, { ref: false })]);
    this.agent.destroy();
  }

  private send(): void {
    const visit: Visit = { startedAt: performance.now(), tookMs: null, status: null };
    this.visits.push(visit);
    const done = this.ask(visit).finally(() => this.open.delete(done));
    this.open.add(done);
  }

  private ask(visit: Visit): Promise<void> {
    return new Promise((resolve) => {
      const { agent, port, path, cookie } = this;
      const request = httpRequest({ host: '127.0.0.1', port, path, agent, headers: { cookie } });
      request.on('error', () => resolve());
      request.on('response', (response) => {
        visit.status = response.statusCode ?? null;
        visit.tookMs = performance.now() - visit.startedAt;
        response.resume().on('close', resolve);
      });
      request.end();
    });
  }
}

/**
 * Disables stack traces: under Jest, mapping those of thousands of errors to sources takes more time than the requests
 * that are timed.
 *
 * @returns a function that restores them
 */
export function withoutTraces(): () => void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  return () => void (Error.stackTraceLimit = stackTraceLimit);
}
