// Starts each measured application as a separate process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const APP = fileURLToPath(new URL('app.mjs', import.meta.url));

/** Rows of the table by adapter. Each is compared with `none` on the same adapter. */
export const SUBJECTS = [
  ...['none', 'express-session', 'nestjs-session', 'iron-session', 'strict', 'cached'].map((name) => ({
    name,
    adapter: 'express',
  })),
  ...['none', 'fastify-session', 'iron-session', 'strict', 'cached'].map((name) => ({
    name,
    adapter: 'fastify',
  })),
];

/** A running subject. */
export class Subject {
  constructor(name, adapter, child, url) {
    Object.assign(this, { name, adapter, child, url });
  }

  static async start({ name, adapter }, redisUrl, execArgv = []) {
    const env = {
      ...process.env,
      NODE_ENV: 'production',
      SUBJECT: name,
      ADAPTER: adapter,
      REDIS_URL: redisUrl,
    };
    const child = fork(APP, { env, execArgv });
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`${name} on ${adapter} has ended before it listened`);
      }),
    ]);
    return new Subject(name, adapter, child, message.url);
  }

  /** Returns the number of handled requests, the CPU time of the process and the current time, both in microseconds. */
  async usage() {
    this.child.send('usage');
    const [{ requests, cpu, at }] = await once(this.child, 'message');
    return { requests, cpuMicros: cpu.user + cpu.system, at };
  }

  /** Signs a user in. Returns the `Cookie` header of that user's browser; empty if there are no sessions. */
  async login(user) {
    const response = await this.send('POST', `/login/${user}`);
    await response.arrayBuffer();
    return response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';', 1)[0])
      .join('; ');
  }

  /** Sends a request and returns the response's body. */
  async request(method, path, cookie) {
    return (await this.send(method, path, { cookie })).json();
  }

  async send(method, path, headers = {}) {
    const response = await fetch(this.url + path, { method, headers });
    if (response.ok) return response;
    throw new Error(`${this.name} on ${this.adapter}: ${method} ${path} answered ${response.status}`);
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.disconnect();
    await once(this.child, 'exit');
  }
}
