/** A process that samples a Redis server until it is killed: `sampling-process.ts URL PREFIX INTERVAL`. */
import { Redis } from 'ioredis';
import { ServerSampler } from '../support/white-box.js';

const [url = '', prefix = '', everyMs = ''] = process.argv.slice(2);

const sampler = new ServerSampler(new Redis(url), {
  prefix,
  everyMs: Number(everyMs),
  deadlineMs: 5_000,
  onFailure: (error) => {
    throw error;
  },
});
sampler.start();
// The parent process waits for a sample.
setInterval(() => {
  if (sampler.figures.length > 0) process.send?.('sampled');
}, 10);
