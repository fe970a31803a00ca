import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_ENTRIES = 1_000;
const VALUE = /^([^=]+)=([^;]*)/;

type Request = IncomingMessage & { readonly session: { readonly id: string } };

/**
 * Records the latest Set-Cookie header of each session, without the token. The pages show it, because scripts cannot
 * read an HttpOnly cookie.
 */
@Injectable()
export class CookieLog {
  private readonly lines = new Map<string, string>();

  /** Records a response when it has finished. As middleware, it gets Node's request and response on both platforms. */
  readonly record = (request: Request, response: ServerResponse, next: () => void): void => {
    response.once('finish', () => this.store(request, response));
    next();
  };

  of(sessionId: string): string | null {
    return this.lines.get(sessionId) ?? null;
  }

  private store(request: Request, response: ServerResponse): void {
    const [line] = [response.getHeader('set-cookie') ?? []].flat();
    if (typeof line !== 'string' || line.includes('Max-Age=0')) return;
    const { id } = request.session;
    this.lines.delete(id);
    this.lines.set(
      id,
      line.replace(VALUE, (_all, name: string, value: string) => `${name}=(${value.length} characters)`),
    );
    if (this.lines.size > MAX_ENTRIES) this.lines.delete(this.lines.keys().next().value as string);
  }
}
