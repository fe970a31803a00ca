import { randomBytes } from 'node:crypto';

const PASSWORD = 'password';
/** The least that one visitor does between two sign-ins. */
const REQUESTS_PER_VISIT = 12;

/** A browser that visits the demo: it keeps one cookie. */
class Visitor {
  private cookie = '';

  constructor(private readonly address: string) {}

  async send(method: string, path: string, body?: unknown, cookie = this.cookie): Promise<number> {
    const response = await fetch(`${this.address}${path}`, {
      method,
      // The demo rejects requests that do not come from its own pages.
      headers: {
        Origin: this.address,
        Cookie: cookie,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    await response.arrayBuffer();
    const [pair] = response.headers.getSetCookie();
    if (pair !== undefined && cookie === this.cookie) this.cookie = pair.split(';', 1)[0] ?? '';
    return response.status;
  }

  signIn(username: string): Promise<number> {
    return this.send('POST', '/api/login', { username, password: PASSWORD });
  }

  /** Sends a request with a well-formed token that was never issued. */
  presentUnknownToken(): Promise<number> {
    const name = this.cookie.split('=', 1)[0];
    return this.send('GET', '/api/me', undefined, `${name}=AAA${randomBytes(32).toString('base64url')}`);
  }
}

/**
 * Visits the demo with several users at once until the end: they sign in and out, read and write, at different paces, and
 * some present tokens that are not valid.
 */
export async function visit(
  addresses: readonly string[],
  users: readonly string[],
  end: AbortSignal,
): Promise<void> {
  await Promise.all(users.map((user, index) => visitAs(user, index, addresses, end)));
}

async function visitAs(
  user: string,
  index: number,
  addresses: readonly string[],
  end: AbortSignal,
): Promise<void> {
  for (let round = 0; !end.aborted; round += 1) {
    const visitor = new Visitor(addresses[(index + round) % addresses.length] as string);
    await visitor.send('GET', '/api/data');
    await visitor.send('PUT', '/api/data/seen', { value: round });
    await visitor.signIn(user);
    for (let request = 0; request < REQUESTS_PER_VISIT && !end.aborted; request += 1) {
      await visitor.send('GET', '/api/me');
      await visitor.send('PUT', '/api/data/cart', { value: 'x'.repeat(40 * (request + index)) });
    }
    await Promise.all(['a', 'b'].map((key) => visitor.send('PUT', `/api/data/${key}`, { value: round })));
    if (index % 3 === 0) await visitor.presentUnknownToken();
    if (index % 2 === 0) await visitor.send('POST', '/api/logout');
  }
}
