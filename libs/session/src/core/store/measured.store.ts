import { SessionUnavailableError } from '../errors/errors.js';
import { DelegatingStore } from './delegating.store.js';
import type { SessionId } from '../record/token.js';
import type { SessionStore, StoreOperation } from './store.js';

/** Receives the calls to a store. */
export interface CallRecorder {
  recordCall(operation: string, startedAt: number, errorType: string | null): void;
  recordFailure(errorType: string): void;
}

/** Counts and times the calls to a store that does not do so itself. */
export class MeasuredStore extends DelegatingStore {
  readonly peek: SessionStore['peek'];

  constructor(
    store: SessionStore,
    private readonly recorder: CallRecorder,
  ) {
    super(store);
    this.peek = store.peek && ((id) => store.peek?.(id) ?? null);
  }

  protected override async run<T>(
    operation: StoreOperation,
    _changed: readonly SessionId[],
    call: () => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now();
    try {
      const result = await call();
      this.recorder.recordCall(operation, startedAt, null);
      return result;
    } catch (error) {
      // A session that is too large is an answer, and not a failure of the store.
      const hasFailed = error instanceof SessionUnavailableError;
      this.recorder.recordCall(operation, startedAt, hasFailed ? '_OTHER' : null);
      if (hasFailed) this.recorder.recordFailure('_OTHER');
      throw error;
    }
  }
}
