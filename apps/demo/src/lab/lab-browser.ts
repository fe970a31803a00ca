import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Transcript } from './transcript.js';
import { excerpt, masked } from './transcript.js';

export interface LabAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface LabBrowserSettings {
  readonly host: string;
  readonly port: number;
  /** The name of the actor in the transcript. */
  readonly name: string;
  readonly userAgent?: string;
  /** The loopback address to send from. */
  readonly address?: string;
  readonly transcript?: Transcript;
}

const TIMEOUT_MS = 15_000;

/** A minimal browser: sends real requests to this machine and keeps one cookie. */
export class LabBrowser {
  /** The cookie as `name=value`; `null` without one. */
  cookie: string | null = null;

  constructor(private readonly settings: LabBrowserSettings) {}

  signIn(username: string, extra: object = {}): Promise<LabAnswer> {
    return this.send('POST', '/api/login', { username, password: 'password', ...extra });
  }

  async send(method: string, path: string, body?: object): Promise<LabAnswer> {
    const cookie = this.cookie;
    const response = await this.exchange(method, path, cookie, body);
    const received = await text(response);
    const [setCookie = null] = response.headers['set-cookie'] ?? [];
    if (setCookie !== null) this.keep(setCookie);
    this.settings.transcript?.add({
      by: this.settings.name,
      method,
      path,
      cookie: cookie && masked(cookie),
      sent: body ?? null,
      status: response.statusCode ?? 0,
      setCookie: setCookie && masked(setCookie),
      received: excerpt(received),
    });
    return { status: response.statusCode ?? 0, body: parsed(received) };
  }

  private keep(setCookie: string): void {
    const [pair = ''] = setCookie.split(';');
    this.cookie = pair.endsWith('=') ? null : pair;
  }

  private exchange(
    method: string,
    path: string,
    cookie: string | null,
    body: object | undefined,
  ): Promise<IncomingMessage> {
    const { host, port, userAgent = 'lab/1', address } = this.settings;
    const headers = {
      // As browsers send it from the pages of the application itself.
      'Sec-Fetch-Site': 'same-origin',
      'User-Agent': userAgent,
      ...(cookie !== null && { Cookie: cookie }),
      ...(body && { 'Content-Type': 'application/json' }),
    };
    return new Promise((resolve, reject) => {
      const options = { host, port, method, path, headers, agent: false, timeout: TIMEOUT_MS };
      const sent = request({ ...options, ...(address && { localAddress: address }) }, resolve);
      sent.on('timeout', () => sent.destroy(new Error(`No response within ${TIMEOUT_MS} ms.`)));
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }
}

function parsed(received: string): unknown {
  try {
    return JSON.parse(received) as unknown;
  } catch {
    return null;
  }
}
