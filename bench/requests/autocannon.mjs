// The same load as wrk.lua, by autocannon, for machines without wrk. It needs more CPU than the measured process leaves.
//   node requests/autocannon.mjs URL COOKIES CONNECTIONS SECONDS
import { readFileSync } from 'node:fs';
import process from 'node:process';
import autocannon from 'autocannon';

const [url, cookies, connections, duration] = process.argv.slice(2);
const requests = readFileSync(cookies, 'utf8')
  .replace(/\n$/, '')
  .split('\n')
  .map((cookie) => ({ method: 'GET', path: '/me', headers: cookie ? { cookie } : {} }));
const result = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(duration),
  requests,
});
console.log(
  JSON.stringify({
    requests: result.requests.total,
    seconds: result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.errors + result.timeouts + result.non2xx,
  }),
);
