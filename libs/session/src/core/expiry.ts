/** The two clocks of a session, in milliseconds. */
export interface Timeouts {
  /** Inactivity after which a session ends. Activity moves this clock. */
  readonly idleMs: number;
  /** Age after which a session ends whatever happens. Only a fresh authentication moves this clock. */
  readonly absoluteMs: number;
}

/**
 * A session is touched when its last touch is older than this share of its idle timeout. So a busy session costs
 * ten writes per idle timeout instead of one per request.
 */
const TOUCH_SHARE = 0.1;

/** Milliseconds after the last touch from which on activity is worth recording. */
export function touchDueAfterMs(idleMs: number): number {
  return Math.floor(idleMs * TOUCH_SHARE);
}

/**
 * Milliseconds that a store keeps an untouched session. Longer than the idle timeout by what may pass unrecorded
 * between two touches, so that nobody is logged out early.
 */
export function idleWindowMs(idleMs: number): number {
  return idleMs + touchDueAfterMs(idleMs);
}
