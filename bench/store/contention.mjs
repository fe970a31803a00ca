// 64 requests of one client at once, all of which write to its one session.
import { performance } from 'node:perf_hooks';
import { MeasuredRedis } from '../redis.mjs';
import { Subject } from '../requests/subjects.mjs';
import { medianOf, quantileOf } from '../statistics.mjs';

const WRITERS = 64;
const OWN = [
  { name: 'strict', adapter: 'express' },
  { name: 'strict', adapter: 'fastify' },
];
const OTHERS = [
  { name: 'express-session', adapter: 'express' },
  { name: 'fastify-session', adapter: 'fastify' },
];

/** @returns a row for each library and kind of write: the time until all are answered, and the number of surviving writes */
export async function measureContention({ rounds, report }) {
  const redis = await MeasuredRedis.start({ replica: false });
  try {
    const rows = [];
    for (const description of [...OTHERS, ...OWN]) {
      report(`${WRITERS} writers on one session with ${description.name} on ${description.adapter}`);
      rows.push(await measure(description, redis, rounds, writeFields, 'a field each'));
    }
    for (const description of OWN)
      rows.push(await measure(description, redis, rounds, countTogether, 'one counter'));
    return rows;
  } finally {
    await redis.stop();
  }
}

async function measure(description, redis, rounds, play, write) {
  const subject = await Subject.start(description, redis.url);
  try {
    const [times, kept] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const cookie = await subject.login(round);
      const before = performance.now();
      await play(subject, cookie);
      times.push(performance.now() - before);
      kept.push(await survivors(subject, cookie, write));
    }
    return {
      ...description,
      write,
      p50Ms: medianOf(times),
      p99Ms: quantileOf(times, 0.99),
      keptShare: kept.reduce((sum, count) => sum + count, 0) / (rounds * WRITERS),
    };
  } finally {
    await subject.stop();
  }
}

function writeFields(subject, cookie) {
  return Promise.all(
    Array.from({ length: WRITERS }, (_, index) => subject.request('POST', `/write/field${index}`, cookie)),
  );
}

function countTogether(subject, cookie) {
  return Promise.all(Array.from({ length: WRITERS }, () => subject.request('POST', '/count', cookie)));
}

async function survivors(subject, cookie, write) {
  const fields = await subject.request('GET', '/all', cookie);
  if (write === 'one counter') return fields.count;
  return Object.keys(fields).filter((name) => name.startsWith('field')).length;
}
