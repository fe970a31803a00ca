// The measured process: sends requests without sockets through a handler, and reports the time and the heap of each.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { medianOf } from '../statistics.mjs';

const WARM_UP = 20_000;
const COUNTED = 1_000;
/**
 * Time is measured in slices so short that most of them are not interrupted by other processes or by garbage collection, and
 * over so many requests that both halves of the young generation have been used before: first use of memory costs more time.
 */
const SLICES = 250;
const SLICE = 200;
const FIELDS = { email: 'user-1@example.com', roles: ['editor', 'reviewer'] };
const BODY = JSON.stringify(FIELDS);

const { LIBRARY, HOT_PATH, REDIS_URL } = process.env;
const { open } = await import(`./${LIBRARY}.mjs`);
const { handle, signIn, write } = await open(HOT_PATH, REDIS_URL);

/** The work of the application in a request, by path. Returns a promise if it waits. */
const APPLICATIONS = {
  anonymous: () => undefined,
  unread: () => undefined,
  cached: readTwoFields,
  strict: readTwoFields,
  write: (request) => write(request, 'visits', (visits += 1)),
  'sign-in': (request, response) => signIn(request, response, 'user-1', FIELDS),
};
let visits = 0;

function readTwoFields({ session }) {
  assert.equal(session.email, FIELDS.email);
  assert.equal(session.roles.length, 2);
}

/** A response that reports its end. Its head and body go nowhere, because it has no socket. */
class Response extends ServerResponse {
  isDone = false;
  onDone = null;

  end(body) {
    super.end(body);
    this.isDone = true;
    this.onDone?.(this);
    return this;
  }
}

/** Sends one request. Returns its response, or a promise if the response comes later. */
function send(application, cookie) {
  const request = new IncomingMessage(null);
  request.method = 'GET';
  request.url = '/me';
  request.headers = cookie ? { host: 'localhost', cookie } : { host: 'localhost' };
  const response = new Response(request);
  const respond = () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length });
    response.end(BODY);
  };
  handle(request, response, (error) => {
    if (error) throw error;
    const waiting = application(request, response);
    if (waiting) waiting.then(respond);
    else respond();
  });
  return response.isDone ? response : new Promise((resolve) => (response.onDone = resolve));
}

async function sendMany(count, application, cookie) {
  for (let sent = 0; sent < count; sent++) {
    const response = send(application, cookie);
    if (response instanceof Promise) await response;
  }
}

const signedIn = await send(APPLICATIONS['sign-in'], '');
// The head as Node has written it.
const [, cookie] = /^set-cookie: ([^;]+)/im.exec(signedIn._header);
const application = APPLICATIONS[HOT_PATH];
const presented = HOT_PATH === 'anonymous' || HOT_PATH === 'sign-in' ? '' : cookie;
await sendMany(WARM_UP, application, presented);

/** The measurements, by the messages that ask for them. */
const MEASURES = {
  async bytes() {
    globalThis.gc();
    const heap = process.memoryUsage().heapUsed;
    await sendMany(COUNTED, application, presented);
    return (process.memoryUsage().heapUsed - heap) / COUNTED;
  },
  async micros() {
    const slices = [];
    for (let slice = 0; slice < SLICES; slice++) {
      const startedAt = performance.now();
      await sendMany(SLICE, application, presented);
      slices.push((1_000 * (performance.now() - startedAt)) / SLICE);
    }
    return medianOf(slices);
  },
};
process.on('message', async (measure) => process.send(await MEASURES[measure]()));
process.on('disconnect', () => process.exit());
process.send('ready');
