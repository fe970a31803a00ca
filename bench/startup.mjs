// The time from the start of a process until it listens, and the memory that it takes by then, with sessions and without.
import { performance } from 'node:perf_hooks';
import { MeasuredRedis } from './redis.mjs';
import { mediansOf } from './requests/measure.mjs';
import { Subject } from './requests/subjects.mjs';

/** No sessions, ioredis alone (which the floor by hand uses), and this module. */
const NAMES = ['none', 'floor-hgetall', 'strict', 'cached'];
const ROWS = ['express', 'fastify'].flatMap((adapter) => NAMES.map((name) => ({ name, adapter })));

/** @returns a row for each subject, medians over the rounds; `more…` compares with the start without sessions of one round */
export async function measureStartup({ rounds, report }) {
  const redis = await MeasuredRedis.start({ replica: false });
  try {
    const turns = [];
    // The first round fills the file system's caches.
    for (let round = 0; round <= rounds; round++) {
      report(`process starts, round ${round} of ${rounds}`);
      const starts = [];
      for (const row of ROWS) starts.push(await startOf(row, redis.url));
      if (round > 0) turns.push(starts.map((start, index) => comparedWithNone(start, ROWS[index], starts)));
    }
    return ROWS.map((row, index) => ({ ...row, ...mediansOf(turns.map((starts) => starts[index])) }));
  } finally {
    await redis.stop();
  }
}

async function startOf(row, redisUrl) {
  const startedAt = performance.now();
  const subject = await Subject.start(row, redisUrl);
  const startMs = performance.now() - startedAt;
  const { cpuMicros, residentBytes } = await subject.usage();
  await subject.stop();
  return { startMs, cpuMs: cpuMicros / 1_000, residentMegabytes: residentBytes / 1e6 };
}

function comparedWithNone(start, { adapter }, starts) {
  const base = starts[ROWS.findIndex((row) => row.name === 'none' && row.adapter === adapter)];
  return {
    ...start,
    moreMs: start.startMs - base.startMs,
    moreCpuMs: start.cpuMs - base.cpuMs,
    moreMegabytes: start.residentMegabytes - base.residentMegabytes,
  };
}
