import type { EndNotice, EndReason, SessionEnd, SessionRecord } from '../core/store.js';
import type { SessionId } from '../core/token.js';

/**
 * The reserved fields of a session's hash, in the order in which scripts report them. One letter each: they are in
 * every session. The application's fields begin with a dot, so that no name of theirs can collide with these.
 */
export const FACTS = {
  version: 'v',
  createdAt: 'c',
  lastActiveAt: 'a',
  idleMs: 'i',
  absoluteEndAt: 'x',
  userId: 'u',
  signedInAt: 't',
  device: 'd',
  address: 'l',
  persistent: 'k',
} as const;

/** The layout that this version writes and reads. */
export const LAYOUT_VERSION = '1';

const APPLICATION_FIELD = '.';

type Hash = Readonly<Record<string, string | null | undefined>>;

/** A session from its hash; `null` when the hash is absent, malformed or of another layout. */
export function decodeRecord(id: SessionId, hash: Hash): SessionRecord | null {
  if (hash[FACTS.version] !== LAYOUT_VERSION) return null;
  const createdAt = Number(hash[FACTS.createdAt]);
  const lastActiveAt = Number(hash[FACTS.lastActiveAt]);
  const idleMs = Number(hash[FACTS.idleMs]);
  const absoluteEndAt = Number(hash[FACTS.absoluteEndAt]);
  if (!(createdAt > 0 && lastActiveAt > 0 && idleMs > 0 && absoluteEndAt > 0)) return null;
  const userId = hash[FACTS.userId] ?? null;
  return {
    id,
    createdAt,
    lastActiveAt,
    idleMs,
    absoluteEndAt,
    userId,
    signedInAt: userId === null ? null : Number(hash[FACTS.signedInAt]),
    device: hash[FACTS.device] ?? null,
    address: hash[FACTS.address] ?? null,
    persistent: hash[FACTS.persistent] === '1',
    fields: decodeFields(hash),
  };
}

/** A session from the values of its reserved fields, as scripts report them. */
export function decodeFacts(id: SessionId, values: readonly (string | null)[]): SessionRecord | null {
  const names = Object.values(FACTS);
  return decodeRecord(id, Object.fromEntries(names.map((name, index) => [name, values[index]])));
}

/** The application's fields as script arguments: how many are set, names and values in turn, names to remove. */
export function encodeChanges(set: ReadonlyMap<string, string>, remove: readonly string[]): string[] {
  const pairs = [...set].flatMap(([name, text]) => [APPLICATION_FIELD + name, text]);
  return [String(set.size), ...pairs, ...remove.map((name) => APPLICATION_FIELD + name)];
}

/** A hash from a script's flat list of names and values. */
export function pairUp(flat: readonly string[]): Hash {
  const hash: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index < flat.length; index += 2)
    hash[flat[index] as string] = flat[index + 1] as string;
  return hash;
}

/** The notice that an ended session leaves. The script puts the time and a colon in front. */
export function encodeNotice({ reason, by }: EndNotice): string {
  return JSON.stringify(by ? { reason, by: { device: by.device, address: by.address } } : { reason });
}

/** A notice as read back. One that cannot be read says nothing but that the session is gone. */
export function decodeNotice(text: string | null): SessionEnd | null {
  if (text === null) return null;
  const colon = text.indexOf(':');
  try {
    const notice = JSON.parse(text.slice(colon + 1)) as EndNotice & { reason: EndReason };
    return { ...notice, at: Number(text.slice(0, colon)) };
  } catch {
    return { reason: 'expired', at: null };
  }
}

function decodeFields(hash: Hash): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const name in hash) {
    const text = hash[name];
    if (name.startsWith(APPLICATION_FIELD) && typeof text === 'string') fields.set(name.slice(1), text);
  }
  return fields;
}
