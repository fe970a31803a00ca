// The cost of one request with a thousand live sessions and with a million.
import { MeasuredRedis } from '../redis.mjs';
import { load } from '../requests/load.mjs';
import { Subject } from '../requests/subjects.mjs';
import { medianOf, transposed } from '../statistics.mjs';
import { fill, storeOn } from './sessions.mjs';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const USERS = 50;

/** @returns a row for each number of sessions */
export async function measureGrowth({ rounds, seconds, report }) {
  const redis = await MeasuredRedis.start({ replica: false });
  const subject = await Subject.start({ name: 'strict', adapter: 'fastify' }, redis.url);
  try {
    const cookies = [];
    for (let user = 0; user < USERS; user++) cookies.push(await subject.login(user));
    await load(subject.url, cookies, seconds);
    const rows = [];
    let live = USERS;
    for (const sessions of SIZES) {
      report(`filling up to ${sessions} sessions`);
      await fill(storeOn(redis.client), live, sessions);
      live = sessions;
      const turns = [];
      for (let round = 0; round < rounds; round++)
        turns.push(await playTurn(subject, cookies, redis, seconds));
      const medians = Object.entries(transposed(turns)).map(([name, values]) => [name, medianOf(values)]);
      rows.push({ sessions, ...Object.fromEntries(medians) });
    }
    return rows;
  } finally {
    await subject.stop();
    await redis.stop();
  }
}

async function playTurn(subject, cookies, redis, seconds) {
  const [usedBefore, countedBefore] = [await subject.usage(), await redis.counters()];
  const { p50Ms } = await load(subject.url, cookies, seconds);
  const [used, counted] = [await subject.usage(), await redis.counters()];
  const handled = used.requests - usedBefore.requests;
  return {
    p50Ms,
    cpuMicrosPerRequest: (used.cpuMicros - usedBefore.cpuMicros) / handled,
    hgetallMicros: (counted.hgetallMicros - countedBefore.hgetallMicros) / handled,
  };
}
