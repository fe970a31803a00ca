import { AsyncLocalStorage } from 'node:async_hooks';
import type { SessionStore } from 'nestjs-redis-session';

/** One call of the store, as it went. */
export interface StoreCall {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly hasFailed: boolean;
  readonly result: unknown;
}

/** Time that a call may take beyond its deadline, by the timers of this process. */
const DEADLINE_MARGIN_MS = 150;
/** Time for a busy process to run overdue timers. */
const TURN_MS = 50;

/** The calls of a store that are promises. */
const METHODS: readonly (keyof SessionStore)[] = [
  ...(['load', 'endOf', 'create', 'commit', 'increment', 'compareAndSet', 'touch', 'rotate'] as const),
  ...(['confirmRotation', 'regenerate', 'signIn', 'destroy', 'list', 'revokeAll', 'ping'] as const),
];

const current = new AsyncLocalStorage<StoreCall[]>();

/** Runs something, and keeps the calls of a watched store that it makes. */
export function keepingCalls<T>(calls: StoreCall[], operation: () => Promise<T>): Promise<T> {
  return current.run(calls, operation);
}

/** Sees what every call gives that is made of a store while {@link keepingCalls} runs. */
export function keepCalls(store: SessionStore): void {
  onEachCall(store, async (method, args, call) => {
    try {
      const result = await call();
      current.getStore()?.push({ method, args, hasFailed: false, result });
      return result;
    } catch (error) {
      current.getStore()?.push({ method, args, hasFailed: true, result: null });
      throw error;
    }
  });
}

/**
 * Checks that every call to a store settles in time.
 *
 * @param onLate called for each call that does not
 */
export function expectInTime(
  store: SessionStore,
  deadlineMs: number,
  onLate: (description: string) => void,
): void {
  onEachCall(store, async (method, _args, call) => {
    const outcome = call();
    const hasSettled = expectSettled(deadlineMs + DEADLINE_MARGIN_MS, (ms) =>
      onLate(`${method} had not settled after ${ms} ms`),
    );
    try {
      return await outcome;
    } finally {
      hasSettled();
    }
  });
}

function onEachCall(
  store: SessionStore,
  around: (method: string, args: readonly unknown[], call: () => Promise<unknown>) => Promise<unknown>,
): void {
  const methods = store as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const method of METHODS) {
    const call = (methods[method] as (...args: unknown[]) => Promise<unknown>).bind(store);
    methods[method] = (...args) => around(method, args, () => call(...args));
  }
}

/** @returns what to call in time */
function expectSettled(limitMs: number, onLate: (limitMs: number) => void): () => void {
  let hasSettled = false;
  const judge = () => {
    if (!hasSettled) onLate(limitMs);
  };
  // A process that was too busy finds replies and timers due at once. The library reads its replies first, and a read
  // with the cache then still has its other way to go.
  const timer = setTimeout(() => setTimeout(() => setImmediate(() => setImmediate(judge)), TURN_MS), limitMs);
  return () => {
    hasSettled = true;
    clearTimeout(timer);
  };
}
