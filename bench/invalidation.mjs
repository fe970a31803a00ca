// How soon a process with the cache knows of a revocation by another process, and what a cached read costs.
//   node invalidation.mjs [--rounds 2000] [--reads 1000000] [--json FILE]
// The clock begins when the other process sends the revocation, so the round trip of that is in the figure.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRedisServer } from '../scripts/redis-server.mjs';
import { CacheSide } from './invalidation/cache-side.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2000' },
    reads: { type: 'string', default: '1000000' },
    json: { type: 'string' },
  },
});
const [rounds, reads] = [values.rounds, values.reads].map(Number);

const redis = await startRedisServer();
const revoker = fork(fileURLToPath(new URL('./invalidation/revoker.mjs', import.meta.url)), [redis.url]);
const side = await CacheSide.open(redis.url);
try {
  await once(revoker, 'message');
  const delays = [];
  for (let round = 0; round < rounds; round++) delays.push(await seeRevocation(round));
  const result = { revocationMs: percentiles(delays), ...(await side.measureReads(reads)) };
  print(result);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  revoker.disconnect();
  await side.close();
  await redis.stop();
}

/** Milliseconds from the moment in which the other process sends the revocation to the one in which it is known here. */
async function seeRevocation(round) {
  const userId = `user-${round}`;
  const id = await side.signIn(userId);
  const gone = side.untilGone(id);
  revoker.send({ id });
  const [{ sentAt }] = await once(revoker, 'message');
  return (await gone) - sentAt;
}

function percentiles(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1), count: sorted.length };
}

function print({ revocationMs: { p50, p99, max, count }, nsPerCachedRead, commandsPerRead }) {
  const ms = (number) => `${number.toFixed(3)} ms`;
  console.log(`Node ${process.versions.node}, Redis on loopback, two processes.`);
  console.log(
    `A revocation by another process is known after: p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)} (${count})`,
  );
  console.log(
    `A cached read takes ${nsPerCachedRead.toFixed(0)} ns and ${commandsPerRead.toFixed(6)} Redis commands`,
  );
}
