// The request table: an authenticated GET that reads two fields, by each library in turn, round after round.
import { MeasuredRedis } from '../redis.mjs';
import { medianOf, transposed } from '../statistics.mjs';
import { load } from './load.mjs';
import { Subject, SUBJECTS } from './subjects.mjs';

const USERS = 50;

/**
 * Measures all subjects in rounds. All of them stay running, and one at a time is under load, so other work on the machine
 * affects them alike. A ratio compares two turns of one round.
 *
 * @returns a row for each subject, medians over the rounds
 */
export async function measureRequests({ rounds, seconds, warmUpSeconds, only, report }) {
  const subjects = [];
  try {
    for (const description of SUBJECTS.filter(({ name }) => !only || only.includes(name))) {
      report(`starting ${description.name} on ${description.adapter}`);
      subjects.push(await prepare(description, warmUpSeconds));
    }
    const turns = [];
    for (let round = 1; round <= rounds; round++) {
      report(`round ${round} of ${rounds}`);
      turns.push(await playRound(subjects, seconds));
    }
    return subjects.map(({ subject }, index) =>
      rowOf(
        subject,
        turns.map((round) => round[index]),
      ),
    );
  } finally {
    for (const { subject, redis } of subjects) {
      await subject.stop();
      await redis.stop();
    }
  }
}

/** Starts a subject with a separate Redis, so that the counters include no other subject's commands. */
async function prepare(description, warmUpSeconds) {
  const redis = await MeasuredRedis.start();
  const subject = await Subject.start(description, redis.url);
  const cookies = [];
  for (let user = 0; user < USERS; user++) cookies.push(await subject.login(user));
  await load(subject.url, cookies, warmUpSeconds);
  return { subject, cookies, redis };
}

async function playRound(subjects, seconds) {
  const turns = [];
  for (const { subject, cookies, redis } of subjects)
    turns.push(await playTurn(subject, cookies, redis, seconds));
  return turns.map((turn, index) => {
    const { adapter } = subjects[index].subject;
    const base =
      turns[subjects.findIndex(({ subject }) => subject.name === 'none' && subject.adapter === adapter)];
    return {
      ...turn,
      throughputRatio: turn.requestsPerSecond / base.requestsPerSecond,
      cpuRatio: turn.cpuMicrosPerRequest / base.cpuMicrosPerRequest,
    };
  });
}

async function playTurn(subject, cookies, redis, seconds) {
  const [usedBefore, countedBefore] = [await subject.usage(), await redis.counters()];
  const { requests, seconds: took, p50Ms, p99Ms } = await load(subject.url, cookies, seconds);
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

function rowOf({ name, adapter }, turns) {
  const medians = Object.entries(transposed(turns)).map(([figure, values]) => [figure, medianOf(values)]);
  return { name, adapter, ...Object.fromEntries(medians) };
}
