import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';

/** A session as it was read in such a way that the store tells of every later change to it. */
export interface TrackedRead {
  readonly record: SessionRecord;
  /** For how long after the question the session lives for certain if nobody changes it, in milliseconds. */
  readonly livesForMs: number;
}

/**
 * One way to read from a server that tells of changes to what was read.
 *
 * A channel ends for good at the first doubt. Another one takes its place later, and nothing that was read through the
 * one counts for the other.
 */
export interface Channel {
  /** Whether at this moment every change is known that was made longer ago than the stated bound. */
  isCoherent(): boolean;
  /** Reads a session, from now on tracked. `null`: it finds none. Rejects in good time for another way to be tried. */
  read(id: SessionId): Promise<TrackedRead | null>;
}

/** What a source of tracked reads tells. */
export interface TrackingListener {
  /** A session that was read has changed, has ended, or is not watched any more. */
  onChange(id: SessionId): void;
  /** Nothing that was read through a channel holds any more. */
  onFlush(channel: Channel): void;
  /** The sessions of a server cannot be kept for now. */
  onBypassed(server: string, reason: string): void;
  /** They can be again. */
  onRestored(server: string): void;
}

/** Whether sessions can be kept: all, those of some servers, or none. */
export type Coherence = 'coherent' | 'partly' | 'bypassed';

/** Where tracked reads come from. */
export interface TrackedSource {
  /** The channel through which a session is to be read at this moment; `null`: there is none. */
  channelFor(id: SessionId): Channel | null;
  readonly coherence: Coherence;
  /** Closes all channels. */
  close(): Promise<void>;
}

/** A store that can tell of changes. */
export interface TrackableStore {
  /** @param stalenessMs how late a change may be known at most, whatever fails, in milliseconds */
  track(listener: TrackingListener, stalenessMs: number): Promise<TrackedSource>;
}
