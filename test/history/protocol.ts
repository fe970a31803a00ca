import type { Incident, Step, Timeouts } from './history.js';

/** Action of a request after its session has been read. */
export type Act =
  | { readonly do: 'read' }
  /** Writes to these fields; where there is no session it makes one. */
  | { readonly do: 'write'; readonly fields: readonly string[] }
  | { readonly do: 'increment' | 'update'; readonly field: string; readonly by: number }
  | { readonly do: 'touch' | 'regenerate' | 'sign-out' }
  | {
      readonly do: 'sign-in';
      readonly user: string;
      /** Written before the sign-in, and saved by it. */
      readonly fields: readonly string[];
      readonly timeouts: Timeouts;
    }
  /** Ends a session by its public id. */
  | { readonly do: 'revoke'; readonly session: string }
  /** Ends all of a user's sessions; with one of these, all others. */
  | { readonly do: 'revoke-all'; readonly user: string; readonly except: string | null }
  | { readonly do: 'list'; readonly user: string };

/** A token with its public name. */
export interface Ticket {
  readonly token: string;
  /** Name in a history. */
  readonly name: string;
  readonly session: string;
  readonly user: string | null;
}

/** A command to a worker process. */
export interface Command {
  readonly request: number;
  /** The cookie that comes with the request. */
  readonly ticket: Ticket | null;
  /** Pause of the request between reading its session and acting on it. */
  readonly thinkMs: number;
  readonly act: Act;
}

/** Outcome of a command. */
export interface Reply {
  readonly request: number;
  readonly steps: readonly Step[];
  /** The cookie that the client has from now on. `undefined`: the one that it had. */
  readonly cookie?: Ticket | null;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'incident'; readonly incident: Incident };

/** Settings of a worker process, passed as its only argument. */
export interface WorkerSettings {
  readonly process: number;
  readonly redis: WorkerRedis;
  readonly prefix: string;
  readonly limit: { readonly max: number; readonly onExceed: 'evict-oldest' | 'evict-idlest' | 'reject' };
  readonly timeouts: Timeouts;
  readonly rotateEveryMs: number;
  readonly graceMs: number;
  readonly deadlineMs: number;
  /** Time for which the reasons of ends are kept. */
  readonly endReasonsMs: number;
  /** With a cache: how late a change may be known. `null`: without. */
  readonly stalenessMs: number | null;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Target of Redis that can be serialized: a valid `redis` option of the module. */
export type WorkerRedis =
  | string
  | {
      readonly name: string;
      readonly sentinels: readonly Address[];
      /** Through which proxy each server is reached. */
      readonly natMap?: Readonly<Record<string, Address>>;
    }
  | {
      readonly cluster: readonly Address[];
      readonly options?: { readonly natMap?: Readonly<Record<string, Address>> };
    };
