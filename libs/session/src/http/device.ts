import Bowser from 'bowser';
import type { Origin } from '../core/store.js';
import type { RequestLike } from './request.js';

/** Above 64 bytes a field makes Redis keep the whole session in a form that takes twice the memory. */
const MAX_BYTES = 64;

/** Parsing is not worth its time on what no browser sends. */
const MAX_USER_AGENT_LENGTH = 1024;

/** Where a request comes from: the device by its `User-Agent` header or as the application names it, and the address. */
export function originOf(
  request: RequestLike,
  deviceOf: (request: RequestLike) => string | null = deviceByUserAgent,
): Origin {
  return { device: labelOrNull(deviceOf(request)), address: labelOrNull(plainAddress(request.ip)) };
}

/** Node gives a client of IPv4 an address of IPv6 where it listens to both: `::ffff:192.0.2.1`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

function labelOrNull(text: string | null | undefined): string | null {
  const label = cutLabel(text ?? '');
  return label === '' ? null : label;
}

/** A label to recognise a device by, such as `Firefox on Linux`; `null` when the header says nothing. */
export function deviceByUserAgent({ headers }: RequestLike): string | null {
  const userAgent = headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH);
  if (!userAgent) return null;
  const { browser, os } = Bowser.parse(userAgent);
  const [product = ''] = userAgent.split(/[/ ]/, 1);
  // What Bowser does not know has an empty name.
  const client = browser.name?.length ? browser.name : product;
  return os.name ? `${client} on ${os.name}` : client || null;
}

/** Cuts a text to what costs little, never through a character. */
export function cutLabel(text: string): string {
  const printable = text.replace(/\p{C}/gu, '');
  let result = '';
  for (const character of printable) {
    if (Buffer.byteLength(result + character) > MAX_BYTES) break;
    result += character;
  }
  return result;
}
