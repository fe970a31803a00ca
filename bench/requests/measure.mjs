// The costs of a request, for each library in turn, round after round.
import { performance } from 'node:perf_hooks';
import { MeasuredRedis } from '../redis.mjs';
import { medianOf, transposed } from '../statistics.mjs';
import { requestLines, USERS } from './kinds.mjs';
import { load } from './load.mjs';
import { Subject } from './subjects.mjs';

/**
 * Measures rows in rounds. All subjects stay running, and one at a time is under load, so other work on the machine affects
 * them alike. A ratio compares two turns of one round.
 *
 * @param rows library, adapter, kind of request, and name of the floor
 * @param maxSeconds no further round starts after this time
 * @returns the rows with their figures, medians over the rounds
 */
export async function measureRequests(
  rows,
  { rounds, seconds, warmUpSeconds, maxSeconds = Infinity, only, report },
) {
  const lastStart = performance.now() + 1_000 * maxSeconds;
  const runs = [];
  try {
    for (const row of rows.filter(({ name }) => !only || only.includes(name))) {
      report(`starting ${row.name} on ${row.adapter}`);
      runs.push(await prepare(row, warmUpSeconds));
    }
    const turns = [];
    for (let round = 1; round <= rounds && (round === 1 || performance.now() < lastStart); round++) {
      report(`round ${round} of ${rounds}`);
      turns.push(await playRound(runs, seconds));
    }
    return runs.map(({ row }, index) => ({ ...row, ...mediansOf(turns.map((round) => round[index])) }));
  } finally {
    for (const { subject, redis } of runs) {
      await subject.stop();
      await redis.stop();
    }
  }
}

/** Returns the median of each figure of a row. */
export function mediansOf(turns) {
  const medians = Object.entries(transposed(turns)).map(([figure, values]) => [figure, medianOf(values)]);
  return Object.fromEntries(medians);
}

/** Starts a subject with a separate Redis, so that the counters include no other subject's commands. */
async function prepare(row, warmUpSeconds) {
  const redis = await MeasuredRedis.start();
  const subject = await Subject.start(row, redis.url);
  const credentials = await subject.loginAll(USERS);
  await subject.check(credentials[0]);
  const lines = requestLines(row.request, credentials);
  await load(subject.url, lines, warmUpSeconds);
  return { row, subject, lines, redis };
}

async function playRound(runs, seconds) {
  const turns = [];
  for (const { subject, lines, redis } of runs) turns.push(await playTurn(subject, lines, redis, seconds));
  return turns.map((turn, index) => {
    const { row } = runs[index];
    const turnOf = (name) => turns[runs.findIndex((run) => isComparable(run.row, row, name))];
    const [throughputRatio, cpuRatio] = ratiosOf(turn, turnOf('none'));
    const [floorThroughputRatio, floorCpuRatio] = ratiosOf(turn, turnOf(row.floor));
    return { ...turn, throughputRatio, cpuRatio, floorThroughputRatio, floorCpuRatio };
  });
}

function isComparable(one, other, name) {
  return one.name === name && one.adapter === other.adapter && one.request === other.request;
}

/** Returns throughput and CPU time relative to another turn; null if that row is not measured. */
function ratiosOf(turn, base) {
  if (!base) return [null, null];
  return [
    turn.requestsPerSecond / base.requestsPerSecond,
    turn.cpuMicrosPerRequest / base.cpuMicrosPerRequest,
  ];
}

async function playTurn(subject, lines, redis, seconds) {
  const [usedBefore, countedBefore] = [await subject.usage(), await redis.counters()];
  const { requests, seconds: took, p50Ms, p99Ms } = await load(subject.url, lines, seconds);
  const [used, counted] = [await subject.usage(), await redis.counters()];
  const handled = used.requests - usedBefore.requests;
  const perRequest = (name) => (counted[name] - countedBefore[name]) / handled;
  return {
    requestsPerSecond: requests / took,
    cpuMicrosPerRequest: (used.cpuMicros - usedBefore.cpuMicros) / handled,
    p50Ms,
    p99Ms,
    redisCommandsPerRequest: perRequest('commands'),
    replicaBytesPerRequest: perRequest('replicaBytes'),
    redisCpuMicrosPerRequest: perRequest('cpuMicros'),
  };
}
