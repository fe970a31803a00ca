import type { IncomingHttpHeaders } from 'node:http';
import { CookieJar } from 'tough-cookie';
import type { TestApp } from '../../support/app.js';
import { type Answer, checkHead, toAnswer } from '../../support/client.js';

/** Response to one request, with its address. */
export interface Page extends Answer {
  readonly url: URL;
  /** Redirects that led to the page, oldest first. */
  readonly hops: readonly Page[];
}

export interface Load {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: BodyInit;
}

const MAX_HOPS = 20;

/**
 * A browser of one user: a jar for the cookies of all hosts that keeps to their `SameSite`, forms, and redirects.
 * The application is at 127.0.0.1 and its providers are at localhost, which are two sites.
 */
export class Browser {
  private readonly jar: CookieJar;
  /** Page in the window, from which the next navigation starts. */
  private page: Page | null = null;
  /** Address at which redirects are not followed. */
  private stop: string | null = null;

  constructor(
    private readonly app: TestApp,
    jar = new CookieJar(),
  ) {
    this.jar = jar;
  }

  /** Returns another browser with a copy of all cookies, such as stolen ones. */
  copy(): Browser {
    return new Browser(this.app, this.jar.cloneSync());
  }

  /** Returns another browser without cookies, at the same page. */
  copyAt(): Browser {
    const other = new Browser(this.app);
    other.page = this.page;
    return other;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.app.port}`;
  }

  /** Cookies that the application would receive from its own page. */
  get cookies(): string {
    return this.jar.getCookieStringSync(this.origin);
  }

  /** Sends a request of a script on a page of the application. Redirects are not followed. */
  send = (path: string, load: Load = {}): Promise<Page> =>
    this.exchange(new URL(path, this.origin), load, 'strict');
  get = (path: string, load: Load = {}) => this.send(path, load);
  post = (path: string, json: unknown = {}, load: Load = {}) =>
    this.send(path, { method: 'POST', json, ...load });

  /** Opens an address that the user typed, and follows redirects. */
  async open(path: string): Promise<Page> {
    this.page = null;
    return this.navigate(new URL(path, this.origin), {});
  }

  /** Fills in these fields, if the form of the page in the window has them, and submits the form. */
  submit(values: Readonly<Record<string, string>> = {}): Promise<Page> {
    const { page } = this;
    const form = page && formOf(page);
    if (!form) throw new Error(`No form at ${page?.url.href}: ${page?.text}`);
    const known = Object.entries(values).filter(([name]) => name in form.fields);
    const fields = new URLSearchParams({ ...form.fields, ...Object.fromEntries(known) });
    if (form.method === 'GET') {
      form.action.search = fields.toString();
      return this.navigate(form.action, {});
    }
    return this.navigate(form.action, { method: form.method, body: fields });
  }

  /** Submits the form of the page in the window, and stops before an address that it redirects to. */
  async submitUntil(prefix: string): Promise<URL> {
    this.stop = prefix;
    try {
      const page = await this.submit();
      return page.url;
    } finally {
      this.stop = null;
    }
  }

  private async navigate(url: URL, load: Load): Promise<Page> {
    const from = this.page?.url.hostname ?? null;
    const hops: Page[] = [];
    for (let target = url, next = load; hops.length < MAX_HOPS;) {
      const page = await this.exchange(target, next, contextOf(from, target, next), hops);
      const { location } = page.headers;
      if (!location) return (this.page = page);
      hops.push(page);
      target = new URL(location, target);
      if (this.stop !== null && target.href.startsWith(this.stop)) return { ...page, url: target };
      if (page.status < 307) next = {};
    }
    throw new Error(`Too many redirects: ${hops.map((hop) => hop.url.href).join('\n')}`);
  }

  private async exchange(
    url: URL,
    { method = 'GET', headers = {}, json, body }: Load,
    sameSiteContext: 'strict' | 'lax' | 'none',
    hops: readonly Page[] = [],
  ): Promise<Page> {
    const cookie = await this.jar.getCookieString(url.href, { sameSiteContext });
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie && { cookie }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
    });
    const setCookies = response.headers.getSetCookie();
    // A navigation may set cookies that its request did not contain.
    for (const each of setCookies) await this.jar.setCookie(each, url.href);
    const head = { ...Object.fromEntries(response.headers), 'set-cookie': setCookies } as IncomingHttpHeaders;
    const answer = toAnswer(response.status, head, await response.text());
    if (url.origin === this.origin) this.note(answer);
    return { ...answer, url, hops: [...hops] };
  }

  private note(answer: Answer): void {
    checkHead(answer);
    const [, token] = /^[\w-]+=([^;]+)/.exec(answer.sessionCookie ?? '') ?? [];
    if (token) this.app.seen.tokens.add(token);
    this.app.seen.texts.push(JSON.stringify({ ...answer.headers, 'set-cookie': undefined }), answer.text);
  }
}

/** Returns the cookies that a navigation sends, by its origin. Source: draft-ietf-httpbis-rfc6265bis, section 5.2. */
function contextOf(from: string | null, to: URL, { method = 'GET' }: Load): 'strict' | 'lax' | 'none' {
  if (from === null || from === to.hostname) return 'strict';
  return method === 'GET' ? 'lax' : 'none';
}

interface Form {
  readonly action: URL;
  readonly method: string;
  readonly fields: Record<string, string>;
}

function formOf({ text, url }: Page): Form | null {
  const [, head, inside] = /<form\b([^>]*)>(.*?)<\/form>/is.exec(text) ?? [];
  if (head === undefined || inside === undefined) return null;
  const { action = '', method = 'GET' } = attributesOf(head);
  const inputs = [...inside.matchAll(/<input\b([^>]*)>/gi)].map(([, input = '']) => attributesOf(input));
  const fields = inputs.flatMap(({ name, value = '' }) => (name ? [[name, value] as const] : []));
  return {
    action: new URL(action, url),
    method: method.toUpperCase(),
    fields: Object.fromEntries(fields),
  };
}

function attributesOf(tag: string): Partial<Record<string, string>> {
  const pairs = tag.matchAll(/([\w-]+)\s*=\s*"([^"]*)"/g);
  return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, unescape(value)]));
}

function unescape(text: string): string {
  const names: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x2F': '/' };
  return text.replace(/&(#?\w+);/g, (entity, name: string) => names[name] ?? entity);
}
