import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';

/** A session that was read over a tracked connection, so that the store reports every later change to the session. */
export interface TrackedRead {
  readonly record: SessionRecord;
  /** The earliest end of the session if it is not changed, by the clock of the channel. */
  readonly endsAt: number;
}

/**
 * A connection for reads to a server that reports changes to the sessions read over it.
 *
 * A channel closes permanently at the first doubt about its reports. A later channel to the same server starts anew: copies
 * that were read through the former channel stay invalid.
 */
export interface Channel {
  /** Returns true if all changes that were made longer ago than the staleness bound have been reported. */
  isCoherent(): boolean;
  /** Returns true if the channel {@link isCoherent}, and a session that was read over it has not reached its end. */
  isCurrent(read: Pick<TrackedRead, 'endsAt'>): boolean;
  /**
   * Reads a session, and tracks it from now on; returns `null` if the server has no such session. Rejects early enough for
   * the caller to read the session from the store within its deadline.
   */
  read(id: SessionId): Promise<TrackedRead | null>;
}

/** The handlers of a source of tracked reads. */
export interface TrackingListener {
  /** Handles a change to a session that was read, its end, or the end of its tracking. */
  onChange(id: SessionId): void;
  /** Drops all copies that were read through a channel. */
  onFlush(channel: Channel): void;
  /** Handles the beginning of a time when the sessions of a server cannot be cached. */
  onBypassed(server: string, reason: string): void;
  /** Handles the end of that time. */
  onRestored(server: string): void;
}

/** The sessions that can be cached: all (`coherent`), those of some servers (`partly`), or none (`bypassed`). */
export type Coherence = 'coherent' | 'partly' | 'bypassed';

/** The source of tracked reads. */
export interface TrackedSource {
  /** Returns the channel through which a session can be read at the moment, or `null` if there is none. */
  channelFor(id: SessionId): Channel | null;
  readonly coherence: Coherence;
  /** Closes all channels. */
  close(): Promise<void>;
}

/** A store that can report changes to sessions. */
export interface TrackableStore {
  /**
   * Opens a source of tracked reads.
   *
   * @param stalenessMs maximum delay until a change is known, whatever fails, in milliseconds
   */
  track(listener: TrackingListener, stalenessMs: number): Promise<TrackedSource>;
}
