// Parallel requests of one client that each set a field of their own: how many fields survive?
//   node lost-updates.mjs [--rounds 20] [--requests 100] [--processes 2]
import { Agent, request as httpRequest } from 'node:http';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startRedisServer } from '../scripts/redis-server.mjs';
import { start, SUBJECTS } from './subjects.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    requests: { type: 'string', default: '100' },
    processes: { type: 'string', default: '2' },
  },
});
const [rounds, requests, processes] = [values.rounds, values.requests, values.processes].map(Number);
const number = new Intl.NumberFormat('en');
const agent = new Agent({ keepAlive: true });

console.log(
  `${rounds} rounds of ${requests} parallel requests with one cookie, each setting a field of its own, ` +
    `over ${processes} processes.\nNode ${process.versions.node}. Of ${number.format(rounds * requests)} fields survive:\n`,
);
for (const subject of SUBJECTS) console.log(row(subject.name, await measure(subject)));
agent.destroy();

/** Counts the fields that survive all rounds, on a Redis used by this subject alone. */
async function measure(subject) {
  const redis = await startRedisServer();
  const servers = [];
  try {
    for (let count = 0; count < processes; count++) servers.push(await start(subject, redis.url));
    let survivors = 0;
    for (let round = 0; round < rounds; round++)
      survivors += await playRound(servers.map(({ port }) => port));
    return survivors;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await redis.stop();
  }
}

async function playRound(ports) {
  const { cookie } = await send(ports[0], 'PUT', '/api/data/first', null, { value: true });
  const names = Array.from({ length: requests }, (_, index) => `field${index}`);
  await Promise.all(
    names.map((name, index) =>
      send(ports[index % ports.length], 'PUT', `/api/data/${name}`, cookie, { value: index }),
    ),
  );
  const { body } = await send(ports[0], 'GET', '/api/data', cookie);
  return names.filter((name, index) => body[name] === index).length;
}

/** Sends a request. Returns the cookie that the client has afterwards, and the body. */
function send(port, method, path, cookie, json) {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, host: '127.0.0.1', port, method, path });
    if (cookie) request.setHeader('Cookie', cookie);
    if (json) request.setHeader('Content-Type', 'application/json');
    request.on('error', reject);
    request.on('response', async (response) => {
      const text = (await response.toArray()).join('');
      if (response.statusCode !== 200)
        return reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      const [setCookie] = response.headers['set-cookie'] ?? [];
      resolve({ cookie: setCookie?.split(';')[0] ?? cookie, body: JSON.parse(text) });
    });
    request.end(json && JSON.stringify(json));
  });
}

function row(name, survivors) {
  const share = ((100 * survivors) / (rounds * requests)).toFixed(1);
  return `  ${name.padEnd(36)}${number.format(survivors).padStart(8)}${`${share} %`.padStart(10)}`;
}
