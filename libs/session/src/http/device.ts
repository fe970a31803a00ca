import Bowser from 'bowser';
import type { Origin } from '../core/store/store.js';
import type { RequestLike } from './request.js';

/** A field longer than 64 bytes makes Redis store the whole session in an encoding that takes twice the memory. */
const MAX_BYTES = 64;

/** Longer than any browser sends, so not worth parsing. */
const MAX_USER_AGENT_LENGTH = 1024;

/** Number of headers whose labels are remembered. Parsing one takes 7 µs, a quarter of a sign-in. */
const MAX_LABELS = 500;

/** Labels by `User-Agent` header. Many clients send the same one; a client may send any text, so their number is bounded. */
const labels = new Map<string, string | null>();

/** Returns the label of the device that sent a request. */
export type DeviceNaming = (request: RequestLike) => string | null;

/** Returns the device, by the `User-Agent` header or as the application names it, and the address of a request. */
export function originOf(request: RequestLike, deviceOf: DeviceNaming = deviceByUserAgent): Origin {
  return { device: labelOrNull(deviceOf(request)), address: labelOrNull(plainAddress(request.ip)) };
}

/** Returns the IPv4 address of an IPv4 client, which Node reports as `::ffff:192.0.2.1` on a dual-stack socket. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

function labelOrNull(text: string | null | undefined): string | null {
  const label = cutLabel(text ?? '');
  return label === '' ? null : label;
}

/** Returns a label to recognise a device by, such as `Firefox on Linux`; `null` without a usable header. */
export function deviceByUserAgent({ headers }: RequestLike): string | null {
  const userAgent = headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH);
  if (!userAgent) return null;
  const known = labels.get(userAgent);
  if (known !== undefined) return known;
  if (labels.size >= MAX_LABELS) labels.clear();
  const label = labelOf(userAgent);
  labels.set(userAgent, label);
  return label;
}

function labelOf(userAgent: string): string | null {
  const { browser, os } = Bowser.parse(userAgent);
  const [product = ''] = userAgent.split(/[/ ]/, 1);
  // Bowser returns an empty name for an unknown browser.
  const client = browser.name?.length ? browser.name : product;
  return os.name ? `${client} on ${os.name}` : client || null;
}

/** Truncates a text to {@link MAX_BYTES}, never inside a character. */
export function cutLabel(text: string): string {
  const printable = text.replace(/\p{C}/gu, '');
  if (Buffer.byteLength(printable) <= MAX_BYTES) return printable;
  let result = '';
  for (const character of printable) {
    if (Buffer.byteLength(result + character) > MAX_BYTES) break;
    result += character;
  }
  return result;
}
