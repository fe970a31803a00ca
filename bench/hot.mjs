// The path of one request through the session module, without sockets and without a framework, beside about forty lines by
// hand: microseconds and bytes of heap for each request.
//   npm run bench:hot                      all rows, in about a minute
//   npm run bench:hot -- --only cached     some of the rows
//   npm run bench:hot -- --json FILE       also writes the rows as JSON
import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRedisServer } from '../scripts/redis-server.mjs';
import { hotTable } from './report/tables.mjs';
import { medianOf } from './statistics.mjs';

const SUBJECT = fileURLToPath(new URL('hot/subject.mjs', import.meta.url));
const PATHS = ['anonymous', 'unread', 'cached', 'strict', 'write', 'sign-in'];
const ROUNDS = 7;
/** The young generation is large enough for one measurement, so that nothing is collected while bytes are counted. */
const FLAGS = ['--expose-gc', '--min-semi-space-size=32', '--max-semi-space-size=32'];

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const redis = await startRedisServer();
const rows = [];
try {
  for (const path of values.only?.split(',') ?? PATHS) rows.push(await measure(path));
} finally {
  await redis.stop();
}
console.log(hotTable(rows));
if (values.json) await writeFile(values.json, JSON.stringify(rows, null, 2));

/** Measures this module and the floor on one path, in turn, each in a process of its own. */
async function measure(path) {
  const subjects = [await start('own', path), await start('floor', path)];
  const turns = [[], []];
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, subject] of subjects.entries())
      turns[index].push({ micros: await subject.measure('micros'), bytes: await subject.measure('bytes') });
  for (const subject of subjects) subject.stop();
  const [own, floor] = turns.map((some) => ({
    micros: medianOf(some.map(({ micros }) => micros)),
    bytes: medianOf(some.map(({ bytes }) => bytes)),
  }));
  return { path, own, floor };
}

async function start(library, path) {
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    LIBRARY: library,
    HOT_PATH: path,
    REDIS_URL: redis.url,
  };
  const child = fork(SUBJECT, { env, execArgv: FLAGS });
  await answerOf(child);
  const measure = (figure) => {
    child.send(figure);
    return answerOf(child);
  };
  return { measure, stop: () => child.disconnect() };
}

function answerOf(child) {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('A measured process has ended.'));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer);
    });
  });
}
