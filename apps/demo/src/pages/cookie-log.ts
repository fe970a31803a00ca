import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';

const KEPT = 1_000;
const VALUE = /^([^=]+)=([^;]*)/;

type Request = IncomingMessage & { readonly session: { readonly id: string } };

/**
 * Remembers the line that set each session's cookie last, less its value, so that the pages can show the real one:
 * scripts cannot see it.
 */
@Injectable()
export class CookieLog {
  private readonly lines = new Map<string, string>();

  /** Middleware. On Fastify it gets Node's own request and response, too. */
  readonly listen = (request: Request, response: ServerResponse, next: () => void): void => {
    response.once('finish', () => this.note(request, response));
    next();
  };

  of(sessionId: string): string | null {
    return this.lines.get(sessionId) ?? null;
  }

  private note(request: Request, response: ServerResponse): void {
    const [line] = [response.getHeader('set-cookie') ?? []].flat();
    if (typeof line !== 'string' || line.includes('Max-Age=0')) return;
    const { id } = request.session;
    this.lines.delete(id);
    this.lines.set(
      id,
      line.replace(VALUE, (_all, name: string, value: string) => `${name}=(${value.length} characters)`),
    );
    if (this.lines.size > KEPT) this.lines.delete(this.lines.keys().next().value as string);
  }
}
