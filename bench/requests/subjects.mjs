// Starts each measured application as a separate process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const APP = fileURLToPath(new URL('app.mjs', import.meta.url));

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

  /** Returns the number of handled requests, the process's CPU time and memory, and the current time in microseconds. */
  async usage() {
    this.child.send('usage');
    const [{ requests, cpu, residentBytes, at }] = await once(this.child, 'message');
    return { requests, cpuMicros: cpu.user + cpu.system, residentBytes, at };
  }

  /** Signs a user in. Returns the header of that user's requests: a cookie or a token; none if there are no sessions. */
  async login(user) {
    const response = await this.send('POST', `/login/${user}`);
    const { accessToken } = JSON.parse((await response.text()) || '{}');
    if (accessToken) return { authorization: `Bearer ${accessToken}` };
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
    return cookies.length > 0 ? { cookie: cookies.join('; ') } : {};
  }

  /** Signs users in. Returns the headers of their requests. */
  async loginAll(count) {
    const credentials = [];
    for (let user = 0; user < count; user++) credentials.push(await this.login(user));
    return credentials;
  }

  /** Throws unless a signed-in user gets the fields of the session, and a request without a session is rejected. */
  async check(credentials) {
    const { email, roles } = await this.request('GET', '/me', credentials);
    if (!email?.endsWith('@example.com') || roles?.join() !== 'editor,reviewer')
      throw new Error(`${this.name} on ${this.adapter} answered ${JSON.stringify({ email, roles })}`);
    const { status } = await fetch(`${this.url}/me`);
    if (this.name !== 'none' && status !== 401 && status !== 403)
      throw new Error(`${this.name} on ${this.adapter} answered ${status} to a request without a session`);
  }

  /** Sends a request and returns the response's body. */
  async request(method, path, credentials) {
    return (await this.send(method, path, credentials)).json();
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
