// Sends the requests of a file in turn and prints latencies as JSON. One request is in flight on each connection.
//   node requests/generator.mjs URLS FILE CONNECTIONS SECONDS [RATE]
// Without a rate the load is closed: each answer is followed by the next request. With a rate it is open: requests arrive that
// many times a second, and the latency of each counts from its arrival, also while all connections are busy. A slow answer
// therefore counts for all requests that had to wait for it (no coordinated omission).
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';

const [urls, file, connections, seconds, rate] = process.argv.slice(2);
const DRAIN_MS = 5_000;
const targets = urls.split(',').map((url) => new URL(url));
const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
const latencies = [];
const idle = [];
let [next, failed, inFlight] = [0, 0, 0];

/** A keep-alive connection that parses as much of a response as is needed to know its end. */
class Connection {
  constructor({ hostname, port, host }) {
    this.requests = lines.map((line) => requestOf(line, host));
    this.received = '';
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk) => this.receive(chunk));
    this.socket.on('error', (error) => end(error));
    this.socket.on('close', () => end(new Error(`${host} closed a connection`)));
  }

  send(arrivedAt) {
    this.arrivedAt = arrivedAt;
    inFlight++;
    this.socket.write(this.requests[next++ % lines.length]);
  }

  receive(chunk) {
    this.received += chunk;
    const head = this.received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const [, length] = /^content-length: (\d+)/im.exec(this.received) ?? [];
    if (length === undefined) return end(new Error(`A response without Content-Length:\n${this.received}`));
    if (this.received.length < head + 4 + Number(length)) return;
    latencies.push(performance.now() - this.arrivedAt);
    if (Number(this.received.slice(9, 12)) >= 400) failed++;
    this.received = '';
    inFlight--;
    idle.push(this);
    dispatch();
  }
}

function requestOf(line, host) {
  const [method, path, name, value] = line.split('\t');
  const header = name ? `${name}: ${value}\r\n` : '';
  const length = method === 'POST' ? 'Content-Length: 0\r\n' : '';
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${header}${length}\r\n`;
}

for (let index = 0; index < Number(connections); index++)
  idle.push(new Connection(targets[index % targets.length]));
const startedAt = performance.now();
const endsAt = startedAt + 1_000 * Number(seconds);
/** Returns the arrival of the next request: as scheduled, or as soon as a connection is idle. */
const nextArrival = (now) => (rate ? startedAt + (next * 1_000) / Number(rate) : now);
// While answers arrive each of them wakes this process; the timer does it when there are none.
setInterval(dispatch, 1);
dispatch();

/** Sends the requests that have arrived, as far as connections are idle. */
function dispatch() {
  const now = performance.now();
  let at = nextArrival(now);
  while (idle.length > 0 && at <= now && at < endsAt) {
    idle.shift().send(at);
    at = nextArrival(now);
  }
  const isDrained = inFlight === 0 && at >= endsAt;
  if (isDrained || now > endsAt + DRAIN_MS) end();
}

function end(error) {
  if (error) throw error;
  latencies.sort((one, other) => one - other);
  const quantile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  const result = {
    requests: latencies.length,
    seconds: (Math.min(performance.now(), endsAt) - startedAt) / 1_000,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    failed: failed + inFlight,
  };
  console.log(JSON.stringify(result));
  process.exit();
}
