import type { TestApp } from '../../support/app.js';
import type { Answer, Client } from '../../support/client.js';
import { eventually, until } from '../../support/until.js';

/** Properties of one response. */
export interface Outcome {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | undefined;
  /** Change of the cookie. */

  readonly cookie: 'unchanged' | 'cleared' | 'replaced';
}

const RECOVERED_WITHIN_MS = 15_000;

/** One browser per platform; all get the same responses, whatever happens to Redis. */
export class Visitors {
  /** Longest wait of a visitor for a response since {@link restartClock}, in milliseconds. */
  slowestMs = 0;

  private constructor(private readonly each: readonly (readonly [TestApp, Client])[]) {}

  /** Creates a visitor for each application, without cookies. */
  static of(apps: readonly TestApp[]): Visitors {
    return new Visitors(apps.map((app) => [app, app.client()] as const));
  }

  get clients(): readonly Client[] {
    return this.each.map(([, client]) => client);
  }

  /** Returns new visitors with the same cookies. */
  copy(): Visitors {
    return new Visitors(this.each.map(([app, client]) => [app, client.copy()] as const));
  }

  restartClock(): void {
    this.slowestMs = 0;
  }

  /** Signs each visitor in as its own user, however long a busy machine takes. Returns the ids of the sessions. */
  signIn(): Promise<string[]> {
    return Promise.all(
      this.each.map(([{ platform }, client]) =>
        eventually(async () => {
          const { status, body } = await client.post(`/sign-in/${userOn(platform.name)}`);
          if (status !== 200) throw new Error(`A sign-in got the status ${status}`);
          return (body as { id: string }).id;
        }),
      ),
    );
  }

  get = (path: string) => this.send('GET', path);
  post = (path: string) => this.send('POST', path);
  put = (path: string) => this.send('PUT', path);

  /** Sends a request to each application in parallel, and returns the outcome, which is the same for all. */
  async send(method: string, path: string): Promise<Outcome> {
    const outcomes = await Promise.all(this.each.map(([, client]) => this.sendBy(client, method, path)));
    expect(outcomes).toEqual(outcomes.map(() => outcomes[0]));
    return outcomes[0] as Outcome;
  }

  /** Waits until all visitors get regular responses, and returns the duration in milliseconds. */
  async recover(path = '/account', status = 200): Promise<number> {
    const startedAt = performance.now();
    await Promise.all(
      this.clients.map((client) =>
        until(`an answer ${status} to ${path}`, RECOVERED_WITHIN_MS, async () => {
          return (await client.get(path)).status === status;
        }),
      ),
    );
    return performance.now() - startedAt;
  }

  private async sendBy(client: Client, method: string, path: string): Promise<Outcome> {
    const startedAt = performance.now();
    const answer = await client.send(method, path);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    return outcomeOf(answer);
  }
}

/** Returns the user that signs in on a platform. */
export function userOn(platform: string): string {
  return `alice-on-${platform}`;
}

function outcomeOf({ status, body, headers, sessionCookie }: Answer): Outcome {
  const isCleared = sessionCookie?.includes('; Max-Age=0') ?? false;
  return {
    status,
    body: comparable(body),
    retryAfter: headers['retry-after'],
    cookie: sessionCookie === null ? 'unchanged' : isCleared ? 'cleared' : 'replaced',
  };
}

const DIFFERS = /^(id|user|userId|timestamp|path|at|.+At)$/;

/** Returns a body without values that differ between platforms: ids, times and the user's name. */
function comparable(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !DIFFERS.test(name)));
}

/** Response to every client while sessions are unavailable. */
export const UNAVAILABLE = {
  status: 503,
  body: {
    statusCode: 503,
    message: 'Sessions are unavailable at the moment. Try again.',
    code: 'SESSION_UNAVAILABLE',
    error: 'Service Unavailable',
  },
  retryAfter: '1',

  cookie: 'unchanged',
} as const;
