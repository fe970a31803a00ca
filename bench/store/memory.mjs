// The memory that signed-in sessions take in Redis, in each library's format, each on a separate Redis.
import { MeasuredRedis } from '../redis.mjs';
import { Subject } from '../requests/subjects.mjs';

const AT_ONCE = 32;
const SUBJECTS = [
  { name: 'express-session', adapter: 'express' },
  { name: 'fastify-session', adapter: 'fastify' },
  { name: 'strict', adapter: 'fastify' },
];

/** @returns a row for each library that keeps sessions in Redis */
export async function measureMemory({ sessions, report }) {
  const rows = [];
  for (const description of SUBJECTS) {
    report(`signing ${sessions} users in with ${description.name}`);
    rows.push({ name: description.name, ...(await memoryOf(description, sessions)) });
  }
  return rows;
}

async function memoryOf(description, sessions) {
  const redis = await MeasuredRedis.start({ replica: false });
  const subject = await Subject.start(description, redis.url);
  try {
    await subject.login(0);
    const before = await redis.counters();
    let next = 1;
    const visitor = async () => {
      while (next <= sessions) await subject.login(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, visitor));
    const { residentBytes, usedBytes } = await redis.counters();
    return {
      // Per 100,000 sessions, whatever their number.
      residentMegabytes: (residentBytes - before.residentBytes) / 1e6 / (sessions / 100_000),
      bytesPerSession: (usedBytes - before.usedBytes) / sessions,
    };
  } finally {
    await subject.stop();
    await redis.stop();
  }
}
