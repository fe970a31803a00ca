// The cost of one request as things grow: live sessions, fields of the session, sessions of its user, and processes.
import { MeasuredRedis } from '../redis.mjs';
import { requestLines, USERS } from '../requests/kinds.mjs';
import { saturate } from '../requests/load.mjs';
import { mediansOf } from '../requests/measure.mjs';
import { Subject } from '../requests/subjects.mjs';
import { fill, signInOf, storeOn } from './sessions.mjs';

const SUBJECT = { name: 'strict', adapter: 'fastify' };
const AT_ONCE = 200;

/** The kinds of growth: the name of what grows, its size at first, further sizes, and how to get there. */
const KINDS = [
  {
    name: 'live sessions',
    first: USERS,
    sizes: [1_000, 10_000, 100_000, 1_000_000],
    grow: ({ redis }, from, to) => fill(storeOn(redis.client), from, to),
  },
  { name: 'fields of the session', first: 2, sizes: [10, 50, 200], grow: addFields },
  {
    name: "the user's sessions",
    first: 1,
    sizes: [1_000, 10_000, 100_000],
    users: 1,
    grow: ({ redis }, from, to) => signInAgain(storeOn(redis.client), from, to),
  },
  { name: 'processes', first: 1, sizes: [2, 4, 8, 16], grow: startProcesses },
];

/**
 * @param quick true to leave out the largest size of each kind
 * @returns a row for each kind of growth and size
 */
export async function measureGrowth({ rounds, seconds, quick, report }) {
  const rows = [];
  for (const kind of KINDS) rows.push(...(await measureKind(kind, { rounds, seconds, quick, report })));
  return rows;
}

async function measureKind({ name, first, sizes, users = USERS, grow }, { rounds, seconds, quick, report }) {
  const redis = await MeasuredRedis.start({ replica: false });
  const stage = { redis, subjects: [await Subject.start(SUBJECT, redis.url)] };
  try {
    stage.credentials = await stage.subjects[0].loginAll(users);
    await saturate([stage.subjects[0].url], requestLines('read', stage.credentials), 2 * seconds);
    const rows = [];
    let reached = first;
    for (const size of [first, ...(quick ? sizes.slice(0, -1) : sizes)]) {
      report(`${name}: ${size}`);
      await grow(stage, reached, size);
      reached = size;
      const turns = [];
      for (let round = 0; round < rounds; round++) turns.push(await playTurn(stage, seconds));
      rows.push({ of: name, size, ...mediansOf(turns) });
    }
    return rows;
  } finally {
    for (const subject of stage.subjects) await subject.stop();
    await redis.stop();
  }
}

/** Sends the read request to all processes evenly. */
async function playTurn({ redis, subjects, credentials }, seconds) {
  const usage = async () => {
    const all = await Promise.all(subjects.map((subject) => subject.usage()));
    const sum = (name) => all.reduce((total, one) => total + one[name], 0);
    return { requests: sum('requests'), cpuMicros: sum('cpuMicros') };
  };
  const [usedBefore, countedBefore] = [await usage(), await redis.counters()];
  const urls = subjects.map(({ url }) => url);
  const { p50Ms } = await saturate(urls, requestLines('read', credentials), seconds);
  const [used, counted] = [await usage(), await redis.counters()];
  const handled = used.requests - usedBefore.requests;
  return {
    p50Ms,
    cpuMicrosPerRequest: (used.cpuMicros - usedBefore.cpuMicros) / handled,
    hgetallMicros: (counted.hgetallMicros - countedBefore.hgetallMicros) / handled,
  };
}

/** Adds fields to each of the sessions; two are there from the sign-in. */
async function addFields({ subjects: [subject], credentials }, _from, to) {
  for (const header of credentials) await subject.request('POST', `/fields/${to}`, header);
}

/** Signs the first of the measured users in until that user has a number of sessions. */
async function signInAgain(store, from, to) {
  const limit = { max: null, onExceed: 'evict-oldest' };
  for (let done = from; done < to; done += AT_ONCE) {
    const count = Math.min(AT_ONCE, to - done);
    await Promise.all(Array.from({ length: count }, () => store.signIn({ ...signInOf('user-0'), limit })));
  }
}

/** Starts further processes, and gives each of them about a second of load to warm up. */
async function startProcesses({ redis, subjects, credentials }, _from, to) {
  while (subjects.length < to) subjects.push(await Subject.start(SUBJECT, redis.url));
  const urls = subjects.map(({ url }) => url);
  await saturate(urls, requestLines('read', credentials), to);
}
