import { Agent, request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';

export interface Answer {
  readonly status: number;
  /** The text beside the status, such as `OK`; empty if the client does not report one. */
  readonly statusMessage: string;
  readonly headers: IncomingHttpHeaders;
  /** All `Set-Cookie` values. */
  readonly setCookies: readonly string[];
  /** The `Set-Cookie` value of the session, or `null`. */
  readonly sessionCookie: string | null;
  readonly text: string;
  /** The body as JSON; `undefined` when it is none. */
  readonly body: unknown;
}

export interface RequestSettings {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** The `Cookie` header, in place of the jar. `null`: none. */
  readonly cookie?: string | null;
  readonly json?: unknown;
}

/** Sends one request, to wherever the server is. */
export type Transport = (options: RequestOptions) => ReturnType<typeof httpRequest>;

const SESSION_COOKIE = /^(__Host-sid|__Secure-sid|sid)=([^;]*)/;

/**
 * A browser with a jar for the session cookie. It sends a `Secure` cookie over plain HTTP too, as a browser does on
 * localhost. It checks with every answer what must hold for all of them, and keeps what it saw for the sweep.
 */
export class Client {
  /** `name=value`, or `null`. */
  cookie: string | null = null;
  /** The header `Sec-Fetch-Site`, with which browsers say where a request comes from; `null`: none. */
  site: string | null = null;
  private readonly agent = new Agent({ keepAlive: false });

  constructor(
    private readonly address: RequestOptions,
    private readonly seen: Sightings,
    private readonly transport: Transport = httpRequest,
  ) {}

  get = (path: string, settings?: RequestSettings) => this.send('GET', path, settings);
  post = (path: string, json?: unknown, settings?: RequestSettings) =>
    this.send('POST', path, { json, ...settings });
  put = (path: string, json?: unknown, settings?: RequestSettings) =>
    this.send('PUT', path, { json, ...settings });
  delete = (path: string, settings?: RequestSettings) => this.send('DELETE', path, settings);
  head = (path: string, settings?: RequestSettings) => this.send('HEAD', path, settings);

  async send(method: string, path: string, settings: RequestSettings = {}): Promise<Answer> {
    const answer = await this.exchange(method, path, settings);
    checkHead(answer);
    this.remember(answer);
    return answer;
  }

  /** Returns another client with the same cookie, for instance a stolen one. */
  copy(): Client {
    const copy = new Client(this.address, this.seen, this.transport);
    copy.cookie = this.cookie;
    copy.site = this.site;
    return copy;
  }

  private exchange(method: string, path: string, settings: RequestSettings): Promise<Answer> {
    const { json, headers = {} } = settings;
    const cookie = settings.cookie === undefined ? this.cookie : settings.cookie;
    const body = json === undefined ? undefined : JSON.stringify(json);
    return new Promise((resolve, reject) => {
      const request = this.transport({ ...this.address, agent: this.agent, method, path });
      if (cookie !== null) request.setHeader('Cookie', cookie);
      if (this.site !== null) request.setHeader('Sec-Fetch-Site', this.site);
      if (body !== undefined) request.setHeader('Content-Type', 'application/json');
      for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve(
            toAnswer(
              response.statusCode ?? 0,
              response.headers,
              Buffer.concat(chunks).toString(),
              response.statusMessage,
            ),
          ),
        );
      });
      request.end(body);
    });
  }

  private remember({ headers, text, sessionCookie }: Answer): void {
    this.seen.texts.push(JSON.stringify({ ...headers, 'set-cookie': undefined }), text);
    const [, name, token] = SESSION_COOKIE.exec(sessionCookie ?? '') ?? [];
    if (token) this.seen.tokens.add(token);
    if (name !== undefined) this.cookie = token ? `${name}=${token}` : null;
  }
}

/** Records the responses of clients and the tokens that they received. */
export class Sightings {
  readonly texts: string[] = [];
  readonly tokens = new Set<string>();
}

export function toAnswer(
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
  statusMessage = '',
): Answer {
  const setCookies = headers['set-cookie'] ?? [];
  const sessionCookies = setCookies.filter((cookie) => SESSION_COOKIE.test(cookie));
  // Cookies that clear other variants come first, and at most one cookie sets the session's.
  const giving = sessionCookies.filter((cookie) => SESSION_COOKIE.exec(cookie)?.[2]);
  if (giving.length > 1) throw new Error(`Several session cookies: ${giving.join('\n')}`);
  return {
    status,
    statusMessage,
    headers,
    setCookies,
    sessionCookie: giving[0] ?? sessionCookies.at(-1) ?? null,
    text,
    body: parseJson(text),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Checks the rules that apply to every response. */
export function checkHead({ sessionCookie, headers }: Answer): void {
  if (sessionCookie === null) return;
  expect(headers['cache-control']).toMatch(/(^|, )no-store($|,)/);
  expect(headers['cache-control']).not.toMatch(/public|max-?age|must-understand/i);
  expect(headers.vary).toMatch(/(^|, *)(Cookie|\*)($|,)/i);
  expect(sessionCookie).toContain('; HttpOnly');
  expect(sessionCookie).toMatch(/; SameSite=(Lax|Strict|None)/);
  if (/^__(Host|Secure)-/.test(sessionCookie)) expect(sessionCookie).toContain('; Secure');
}
