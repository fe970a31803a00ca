// `npm run bench:sizing`: compares the predicted memory with that of real servers, and writes results.json.
//   npm run bench:sizing                              10,000, 100,000 and 1,000,000 sessions of three shapes: half an hour, 6 GB
//   npm run bench:sizing -- --sessions 10000,100000   other numbers; rows of others stay in the file
import process from 'node:process';
import { parseArgs } from 'node:util';
import { readResults, type Row, writeResults } from './support/results.js';
import { MeasuredRedis } from './support/measurement.js';
import { type Shape, SHAPES } from './support/shapes.js';

const { values } = parseArgs({ options: { sessions: { type: 'string', default: '10000,100000,1000000' } } });

for (const sessions of values.sessions.split(',').map(Number)) {
  for (const shape of SHAPES) {
    const row = await measure(shape, sessions);
    process.stdout.write(`${JSON.stringify(row)}\n`);
    const { rows } = await readResults();
    const others = rows.filter((other) => other.sessions !== sessions || other.shape !== shape.name);
    await writeResults({ rows: [...others, row].sort(bySize) });
  }
}

async function measure(shape: Shape, sessions: number): Promise<Row> {
  const redis = await MeasuredRedis.start();
  try {
    const { measured } = await redis.compare(shape, sessions);
    const [used = NaN, resident = NaN] = await redis.figures('used_memory', 'used_memory_rss');
    const snapshotSeconds = await redis.writeSnapshot();
    return {
      shape: shape.name,
      sessions,
      measuredBytes: measured,
      quantumBytes: redis.layout.quantumBytes,
      residentShare: Number((resident / used).toFixed(3)),
      snapshotSeconds: Number(snapshotSeconds.toFixed(1)),
      measuredOn: `${new Date().toISOString().slice(0, 10)}, ${await redis.version()}`,
    };
  } finally {
    await redis.stop();
  }
}

function bySize(one: Row, other: Row): number {
  return one.sessions - other.sessions || indexOf(one) - indexOf(other);
}

function indexOf({ shape }: Row): number {
  return SHAPES.findIndex(({ name }) => name === shape);
}
