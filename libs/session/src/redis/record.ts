import type {
  EndNotice,
  OwnLifetime,
  RecordProblem,
  Rotation,
  SessionEnd,
  SessionRecord,
} from '../core/store/store.js';
import type { SessionId, Shard } from '../core/record/token.js';
import { joinSessionId } from '../core/record/token.js';

/**
 * The reserved fields of a session's hash, in the order in which scripts report them. One letter each: they are in
 * every session. The application's fields begin with a dot, so that no name of theirs can collide with these.
 */
const FACTS = {
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
  own: 'f',
} as const;
/** Their names in Redis. */
export const FACT_NAMES = Object.values(FACTS);

/** The reserved fields of a session whose token has been exchanged. */
const ROTATION = {
  at: 'r',
  current: 'h',
  previous: 'o',
  graceEndAt: 'g',
  nonce: 'n',
  tagKey: 'q',
} as const;

const ROTATION_NAMES = Object.values(ROTATION);

/** `graceEndAt` as long as the token in use has not been seen. */
const NOT_SEEN = '0';

/** The layout that this version writes and reads. */
export const LAYOUT_VERSION = '1';

const APPLICATION_FIELD = '.';

/** The names above as Lua, which precedes every script, so that each letter is written once. */
export const FIELDS_IN_LUA = [
  luaTable('FACTS', FACTS),
  luaTable('ROTATION', ROTATION),
  `local ROTATION_NAMES = { ${ROTATION_NAMES.map((name) => `'${name}'`).join(', ')} }`,
  `local APPLICATION_FIELD = '${APPLICATION_FIELD}'`,
  `local NOT_SEEN = '${NOT_SEEN}'`,
].join('\n');

/** When a session ended, as a time that a date can show, and the notice as JSON. */
const NOTICE_FORM = /^(\d{1,15}):(.*)$/s;

/** A session's hash as it comes from Redis. */
export type StoredHash = Readonly<Record<string, string | null | undefined>>;

/** A session from its hash; `null` when the hash is absent, malformed or of another layout. */
export function decodeRecord(id: SessionId, hash: StoredHash): SessionRecord | null {
  if (valueOf(hash, FACTS.version) !== LAYOUT_VERSION) return null;
  const createdAt = Number(valueOf(hash, FACTS.createdAt));
  const lastActiveAt = Number(valueOf(hash, FACTS.lastActiveAt));
  const idleMs = Number(valueOf(hash, FACTS.idleMs));
  const absoluteEndAt = Number(valueOf(hash, FACTS.absoluteEndAt));
  const userId = valueOf(hash, FACTS.userId);
  const signedInAt = userId === null ? null : Number(valueOf(hash, FACTS.signedInAt));
  const areTimes =
    isTime(createdAt) &&
    isTime(lastActiveAt) &&
    isTime(idleMs) &&
    isTime(absoluteEndAt) &&
    (signedInAt === null || isTime(signedInAt));
  if (!areTimes) return null;
  return {
    id,
    createdAt,
    lastActiveAt,
    idleMs,
    absoluteEndAt,
    userId,
    signedInAt,
    device: valueOf(hash, FACTS.device),
    address: valueOf(hash, FACTS.address),
    persistent: valueOf(hash, FACTS.persistent) === '1',
    ...decodeOwn(valueOf(hash, FACTS.own)),
    rotation: decodeRotation(ROTATION_NAMES.map((name) => valueOf(hash, name))),
    fields: decodeFields(hash),
  };
}

/** What of its lifetime is a session's own, as the first letters; absent: nothing. */
export function encodeOwn(own: readonly OwnLifetime[] = []): string | undefined {
  return own.length === 0 ? undefined : own.map((lifetime) => lifetime.charAt(0)).join('');
}

function decodeOwn(letters: string | null | undefined): { own?: readonly OwnLifetime[] } {
  return letters
    ? { own: (['idle', 'end'] as const).filter((name) => letters.includes(name.charAt(0))) }
    : {};
}

/**
 * The value of a field of the hash itself: ioredis gives a plain object, and where a process has something on
 * `Object.prototype`, every hash would seem to have it.
 */
function valueOf(hash: StoredHash, name: string): string | null {
  return Object.hasOwn(hash, name) ? (hash[name] ?? null) : null;
}

/** Why what is under a session's key is no session; `null`: there is nothing. */
export function problemOf(hash: StoredHash | symbol): RecordProblem | null {
  if (typeof hash === 'symbol') return 'other-type';
  const version = valueOf(hash, FACTS.version);
  if (version === LAYOUT_VERSION || version === null) return isEmptyHash(hash) ? null : 'malformed';
  return 'other-layout';
}

function isEmptyHash(hash: StoredHash): boolean {
  return Object.keys(hash).length === 0;
}

function isTime(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}

/** The tokens of a session from the values of their fields, as the script of a rotation reports them. */
export function decodeRotation(values: readonly (string | null | undefined)[]): Rotation | null {
  const [at, current, previous, graceEndAt, nonce, tagKey] = values;
  if (!at || !current || !previous || !graceEndAt || !tagKey) return null;
  return {
    at: Number(at),
    current,
    previous,
    graceEndAt: graceEndAt === NOT_SEEN ? null : Number(graceEndAt),
    nonce: nonce ?? null,
    tagKey,
  };
}

/** A session as scripts report it: its handle, and the values of its reserved fields. */
export type Facts = [handle: string, values: (string | null)[]];

/** Sessions as scripts report them, the latest sign-in first. */
export function decodeSessions(shard: Shard, sessions: readonly Facts[]): SessionRecord[] {
  return sessions
    .map(([handle, values]) => decodeFacts(joinSessionId(shard, handle), values))
    .filter((record) => record !== null)
    .sort((one, other) => (other.signedInAt ?? 0) - (one.signedInAt ?? 0));
}

function decodeFacts(id: SessionId, values: readonly (string | null)[]): SessionRecord | null {
  const names = Object.values(FACTS);
  return decodeRecord(id, Object.fromEntries(names.map((name, index) => [name, values[index]])));
}

/** The application's fields as script arguments: how many are set, names and values in turn, names to remove. */
export function encodeChanges(set: ReadonlyMap<string, string>, remove: readonly string[]): string[] {
  const pairs = [...set].flatMap(([name, text]) => [encodeFieldName(name), text]);
  return [String(set.size), ...pairs, ...remove.map(encodeFieldName)];
}

/** The name of an application's field in the hash. */
export function encodeFieldName(name: string): string {
  return APPLICATION_FIELD + name;
}

/** A hash from a script's flat list of names and values. */
export function pairUp(flat: readonly string[]): StoredHash {
  const hash: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index < flat.length; index += 2)
    hash[flat[index] as string] = flat[index + 1] as string;
  return hash;
}

/** The notice that an ended session leaves. The script puts the time and a colon in front. */
export function encodeNotice({ reason, by }: EndNotice): string {
  return JSON.stringify(by ? { reason, by: { device: by.device, address: by.address } } : { reason });
}

/** Whose session it must be, for the script that ends one; `null`: whosever it is. */
export function encodeOwner(ownedBy: string | null): string {
  return ownedBy === null ? '-' : `+${ownedBy}`;
}

/** A notice as read back; `null` when it is absent or malformed. */
export function decodeNotice(text: string | null): SessionEnd | null {
  const [, at, json = ''] = NOTICE_FORM.exec(text ?? '') ?? [];
  try {
    const stored = JSON.parse(json) as Partial<EndNotice> | null;
    // Own members only, and `by` set in any case, so that nothing is read from a prototype.
    const { reason, by } = Object.assign(Object.create(null) as Partial<EndNotice>, stored);
    return typeof reason === 'string' ? { reason, at: Number(at), by } : null;
  } catch {
    return null;
  }
}

function decodeFields(hash: StoredHash): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const name of Object.keys(hash)) {
    const text = hash[name];
    if (name.startsWith(APPLICATION_FIELD) && typeof text === 'string') fields.set(name.slice(1), text);
  }
  return fields;
}

function luaTable(name: string, fields: Readonly<Record<string, string>>): string {
  const entries = Object.entries(fields).map(([key, letter]) => `${key} = '${letter}'`);
  return `local ${name} = { ${entries.join(', ')} }`;
}
