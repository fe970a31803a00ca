import { onEachPlatform, type Platform } from '../../support/platforms.js';

/** Ways in which applications read sessions: from Redis at every request, or from the cache if possible. */
export const READINGS = [
  { how: 'without a cache', isCached: false },
  { how: 'with the cache', isCached: true },
] as const;

/** Runs a suite on each platform, without and with the cache. */
export function onEachReading(suite: (platform: Platform, isCached: boolean) => void): void {
  describe.each(READINGS)('$how', ({ isCached }) => onEachPlatform((platform) => suite(platform, isCached)));
}

/** Returns the demo's environment for a way of reading. */
export function demoReading(isCached: boolean): { readonly SESSION_CACHE: 'on' | 'off' } {
  return { SESSION_CACHE: isCached ? 'on' : 'off' };
}

/** Returns the time that a test waits for changes of another process, which are visible at once without a cache. */
export function newsWithinMs(isCached: boolean): number {
  return isCached ? 10_000 : 0;
}
