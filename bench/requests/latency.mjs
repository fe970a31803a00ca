// Latencies under an open load: requests arrive at a constant rate, a share of what the subject can handle at most.
import { MeasuredRedis } from '../redis.mjs';
import { requestLines, USERS } from './kinds.mjs';
import { loadAtRate, saturate } from './load.mjs';
import { mediansOf } from './measure.mjs';
import { LATENCY_ROWS } from './rows.mjs';
import { Subject } from './subjects.mjs';

const SHARE_OF_SATURATION = 0.8;

/** @returns a row for each subject, medians over the rounds */
export async function measureLatency({ rounds, seconds, warmUpSeconds, only, report }) {
  const rows = [];
  for (const row of LATENCY_ROWS.filter(({ name }) => !only || only.includes(name))) {
    report(`latencies of ${row.name} on ${row.adapter}`);
    rows.push({ ...row, ...(await latencyOf(row, { rounds, seconds, warmUpSeconds })) });
  }
  return rows;
}

async function latencyOf(row, { rounds, seconds, warmUpSeconds }) {
  const redis = await MeasuredRedis.start({ replica: false });
  const subject = await Subject.start(row, redis.url);
  try {
    const lines = requestLines('read', await subject.loginAll(USERS));
    await saturate([subject.url], lines, warmUpSeconds);
    const turns = [];
    for (let round = 0; round < rounds; round++) {
      const { requests, seconds: took } = await saturate([subject.url], lines, seconds);
      const arrivalsPerSecond = (SHARE_OF_SATURATION * requests) / took;
      const { p50Ms, p99Ms } = await loadAtRate(subject.url, lines, seconds, arrivalsPerSecond);
      turns.push({ arrivalsPerSecond, p50Ms, p99Ms });
    }
    return mediansOf(turns);
  } finally {
    await subject.stop();
    await redis.stop();
  }
}
