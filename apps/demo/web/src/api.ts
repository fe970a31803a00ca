/** What the demo answers, as far as the pages look at it. Times come as texts. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly role: 'user' | 'admin';
}

export interface SessionFacts {
  readonly id: string;
  readonly userId: string | null;
  readonly device: string | null;
  readonly address: string | null;
  readonly createdAt: string;
  readonly signedInAt: string | null;
  readonly lastActiveAt: string;
  readonly idleEndAt: string;
  readonly absoluteEndAt: string;
}

export interface OwnSession extends SessionFacts {
  readonly current: boolean;
}

export interface SessionEnd {
  readonly reason: string;
  readonly at?: string | null;
  readonly by?: { readonly device: string | null; readonly address: string | null };
}

/** The session of this browser, of a user or of a visitor; all `null` where there is none. */
export type SessionState = SessionFacts | { readonly id: null; readonly userId: null };

export interface Me {
  readonly user: User;
  readonly session: SessionFacts;
}

export interface DemoFacts {
  readonly httpAdapter: 'express' | 'fastify';
  readonly storedIn: 'memory' | 'redis';
  readonly limit: { readonly max: number; readonly onExceed: string } | null;
  readonly lab: boolean;
}

/** Why a request was turned away, with what the demo said about it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: Partial<SessionEnd> & {
      readonly message?: string;
      readonly sessions?: SessionFacts[];
      readonly max?: number;
    },
  ) {
    super(body.message ?? 'The demo does not answer. Is it still running?');
  }
}

/** Sends a request to the demo. @throws Refusal when it is turned away, with the status 0 when there is no answer */
export async function ask<T = unknown>(method: string, path: string, body?: object): Promise<T> {
  const init = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(path, { method, ...init }).catch(() => null);
  if (!response) throw new Refusal(0, {});
  const text = await response.text();
  const answer = text === '' ? undefined : parse(text);
  if (!response.ok) throw new Refusal(response.status, answer ?? {});
  return answer as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { message: text };
  }
}
