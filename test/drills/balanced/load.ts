import { Agent, request } from 'node:https';
import type { BalancedSite } from './site.js';

/** A request that failed, and what came instead of the response. */
export interface FailedRequest {
  readonly request: string;
  readonly outcome: string;
}

/** The figures of a load. Durations are in milliseconds. */
export interface LoadFigures {
  readonly users: number;
  readonly requests: number;
  readonly failures: readonly FailedRequest[];
  /** The number of times that a user was no longer signed in, or that a stored value was lost. */
  readonly lost: number;
  /** The longest time from a request to its response. */
  readonly longestMs: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly setCookies: readonly string[];
}

/** A signed-in user who reads and writes in a loop, over connections that are kept alive. */
class User {
  requests = 0;
  lost = 0;
  longestMs = 0;
  readonly failures: FailedRequest[] = [];
  private cookie = '';
  private written = 0;
  private readonly agent: Agent;

  constructor(
    private readonly name: string,
    private readonly site: BalancedSite,
  ) {
    this.agent = new Agent({ keepAlive: true, ca: site.certificate.certificate });
  }

  async signIn(): Promise<void> {
    const credentials = { username: this.name, password: 'password' };
    const { status, setCookies } = await this.send('POST', '/api/login', credentials);
    if (status !== 200) throw new Error(`${this.name} could not sign in: ${status}`);
    this.cookie = setCookies.map((line) => line.split(';', 1)[0]).join('; ');
  }

  /** Writes a value, and reads it and the user back. Repeats nothing. */
  async visit(): Promise<void> {
    const next = this.written + 1;
    if (await this.call('PUT', '/api/data/count', { value: next })) this.written = next;
    const me = await this.call('GET', '/api/me');
    if (me && (me.body as { user?: { username?: string } | null }).user?.username !== this.name)
      this.lost += 1;
    const data = await this.call('GET', '/api/data');
    if (data) this.compare((data.body as { count?: number }).count ?? 0);
  }

  close(): void {
    this.agent.destroy();
  }

  /** Compares the stored value with the last one that was reported as written. A later one was written, and its reply lost. */
  private compare(stored: number): void {
    if (stored < this.written) this.lost += 1;
    this.written = stored;
  }

  /** Returns the response; `null` after a failure, which is noted. */
  private async call(method: string, path: string, json?: unknown): Promise<Answer | null> {
    const startedAt = performance.now();
    this.requests += 1;
    try {
      const answer = await this.send(method, path, json);
      if (answer.status === 401) this.lost += 1;
      if (answer.status < 300) return answer;
      this.failures.push({ request: `${method} ${path}`, outcome: String(answer.status) });
    } catch (error) {
      this.failures.push({ request: `${method} ${path}`, outcome: (error as Error).message });
    } finally {
      this.longestMs = Math.max(this.longestMs, performance.now() - startedAt);
    }
    return null;
  }

  private send(method: string, path: string, json?: unknown): Promise<Answer> {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const headers = {
      'Sec-Fetch-Site': 'same-origin', // as a browser sends it
      ...(this.cookie && { Cookie: this.cookie }),
      ...(body !== undefined && {
        'Content-Type': 'application/json',
        'Content-Length': String(body.length),
      }),
    };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.site.port, method, path, headers, agent: this.agent };
      const call = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text.startsWith('{') ? JSON.parse(text) : text,
            setCookies: response.headers['set-cookie'] ?? [],
          }),
        );
      });
      call.on('error', reject);
      call.end(body);
    });
  }
}

/** Lets users read and write behind the load balancer while something happens, and returns what they saw. */
export async function loadDuring(
  site: BalancedSite,
  users: number,
  happening: () => Promise<unknown>,
): Promise<LoadFigures> {
  const all = Array.from({ length: users }, (_, index) => new User(`user${index + 1}`, site));
  try {
    for (const user of all) await user.signIn();
    let isOver = false;
    const visits = all.map(async (user) => {
      while (!isOver) await user.visit();
    });
    try {
      await happening();
    } finally {
      isOver = true;
      await Promise.all(visits);
    }
    return {
      users,
      requests: sum(all, ({ requests }) => requests),
      failures: all.flatMap(({ failures }) => failures),
      lost: sum(all, ({ lost }) => lost),
      longestMs: Math.max(...all.map(({ longestMs }) => longestMs)),
    };
  } finally {
    for (const user of all) user.close();
  }
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
