import { onEachPlatform, type Platform } from '../../support/platforms.js';

/** How applications read sessions: from Redis at every request, or from memory where they can. */
export const READINGS = [
  { how: 'without a cache', isCached: false },
  { how: 'with the cache', isCached: true },
] as const;

/** Runs a suite on each platform, without and with the cache. */
export function onEachReading(suite: (platform: Platform, isCached: boolean) => void): void {
  describe.each(READINGS)('$how', ({ isCached }) => onEachPlatform((platform) => suite(platform, isCached)));
}

/** What the demo is told so that it reads like this. */
export function demoReading(isCached: boolean): { readonly SESSION_CACHE: 'on' | 'off' } {
  return { SESSION_CACHE: isCached ? 'on' : 'off' };
}

/** How long a test may wait for the news of changes by another process, which without a cache need none. */
export function newsWithinMs(isCached: boolean): number {
  return isCached ? 10_000 : 0;
}
