import type { InspectionStep } from 'nestjs-redis-session/redis';
import { duration } from '../terminal/text.js';
import { type Check, checksOn } from './check.js';

type Node = InspectionStep['node'];

const ROUND_TRIPS = 20;
/** The default of the option `outage.deadline` is 250 ms, and a request may take several round trips. */
const SLOW_MS = 20;
const CLOCK_TOLERANCE_MS = 1_000;

/** Measures the round trips to a server, and compares its clock with the one of this machine. */
export async function timingChecks(server: string, node: Node): Promise<Check[]> {
  const check = checksOn(server);
  const tripsMs: number[] = [];
  let aheadMs = 0;
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) {
    const startedAt = performance.now();
    const [seconds, microseconds] = await node.time();
    const tripMs = performance.now() - startedAt;
    tripsMs.push(tripMs);
    // The server has read its clock in the middle of the round trip, as far as anybody knows.
    aheadMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (Date.now() - tripMs / 2);
  }
  return [latencyCheck(check, tripsMs), clockCheck(check, aheadMs)];
}

function latencyCheck(check: ReturnType<typeof checksOn>, tripsMs: readonly number[]): Check {
  const sorted = [...tripsMs].sort((one, other) => one - other);
  const [median, longest] = [sorted[ROUND_TRIPS / 2] ?? 0, sorted.at(-1) ?? 0];
  const message = `${median.toFixed(2)} ms in the median, ${longest.toFixed(2)} ms at most, of ${ROUND_TRIPS} round trips`;
  if (median <= SLOW_MS) return check('latency', 'ok', message);
  return check(
    'latency',
    'warning',
    `${message}. Each request waits for Redis at least once: move them closer together.`,
  );
}

function clockCheck(check: ReturnType<typeof checksOn>, aheadMs: number): Check {
  const difference = `${duration(Math.abs(aheadMs))} ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine`;
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) return check('clock', 'ok', difference);
  return check(
    'clock',
    'warning',
    `The clock of Redis is ${difference}. Sessions end by the clock of Redis: synchronise both (NTP).`,
  );
}
