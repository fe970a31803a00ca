/** The responses of the demo's API, as far as the pages read them. Times are ISO 8601 strings. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly role: 'user' | 'admin';
}

export interface SessionInfo {
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

export interface OwnSession extends SessionInfo {
  readonly current: boolean;
}

export interface SessionEnd {
  readonly reason: string;
  readonly at?: string | null;
  readonly by?: { readonly device: string | null; readonly address: string | null };
}

/** The session of this browser, signed in or anonymous. All fields are `null` without a session. */
export type SessionState = SessionInfo | { readonly id: null; readonly userId: null };

export interface Me {
  readonly user: User;
  readonly session: SessionInfo;
}

export interface DemoInfo {
  readonly httpAdapter: 'express' | 'fastify';
  readonly storedIn: 'memory' | 'redis';
  readonly limit: { readonly max: number; readonly onExceed: string } | null;
  readonly lab: boolean;
}

/** A request that the demo rejected, or did not answer: then the status is 0. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: Partial<SessionEnd> & {
      readonly message?: string;
      readonly sessions?: SessionInfo[];
      readonly max?: number;
    },
  ) {
    super(body.message ?? 'The demo does not respond. Is it still running?');
  }
}

/** Sends a request to the demo. @throws ApiError for a response with an error status, and without a response */
export async function callApi<T = unknown>(method: string, path: string, body?: object): Promise<T> {
  const init = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(path, { method, ...init }).catch(() => null);
  if (!response) throw new ApiError(0, {});
  const text = await response.text();
  const content = text === '' ? undefined : parse(text);
  if (!response.ok) throw new ApiError(response.status, content ?? {});
  return content as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { message: text };
  }
}
