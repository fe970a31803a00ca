import type { HeaderLine } from './token-transport.js';

/** Data that a browser deletes on request, by its name in the header `Clear-Site-Data`. */
export type ClearedData = 'cache' | 'storage' | 'cookies';

/** Returns the header line that makes a browser delete data of this origin; `null` for no data. */
export function clearSiteDataLine(data: readonly ClearedData[]): HeaderLine | null {
  if (data.length === 0) return null;
  return ['Clear-Site-Data', data.map((name) => `"${name}"`).join(', ')];
}
