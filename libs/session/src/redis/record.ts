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
 * The reserved fields of a session's hash, in the order in which scripts return them. One letter each, because every
 * session contains them. The application's fields begin with a dot, so that their names cannot collide with these.
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
/** The names of the reserved fields in Redis. */
export const FACT_NAMES = Object.values(FACTS);

/** The additional reserved fields of a session whose token has been rotated. */
const ROTATION = {
  at: 'r',
  current: 'h',
  previous: 'o',
  graceEndAt: 'g',
  nonce: 'n',
  tagKey: 'q',
} as const;

const ROTATION_NAMES = Object.values(ROTATION);

/** The value of `graceEndAt` until the client has presented the current token. */
const NOT_SEEN = '0';

/** The layout that this version writes and reads. */
export const LAYOUT_VERSION = '1';

const APPLICATION_FIELD = '.';

/** The names above in Lua. They precede every script, so that each letter is written once. */
export const FIELDS_IN_LUA = [
  luaTable('FACTS', FACTS),
  luaTable('ROTATION', ROTATION),
  `local ROTATION_NAMES = { ${ROTATION_NAMES.map((name) => `'${name}'`).join(', ')} }`,
  `local APPLICATION_FIELD = '${APPLICATION_FIELD}'`,
  `local NOT_SEEN = '${NOT_SEEN}'`,
].join('\n');

/** A stored notice: the time of the end, limited to 15 digits so that `Date` can represent it, and JSON. */
const NOTICE_FORM = /^(\d{1,15}):(.*)$/s;

/** The hash of a session, as ioredis returns it. */
export type StoredHash = Readonly<Record<string, string | null | undefined>>;

/** Returns the session in a hash; `null` if the hash is absent, malformed or of another layout. */
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

/** Returns the first letters of the lifetimes that are a session's own; `undefined` if there are none. */
export function encodeOwn(own: readonly OwnLifetime[] = []): string | undefined {
  return own.length === 0 ? undefined : own.map((lifetime) => lifetime.charAt(0)).join('');
}

function decodeOwn(letters: string | null | undefined): { own?: readonly OwnLifetime[] } {
  return letters
    ? { own: (['idle', 'end'] as const).filter((name) => letters.includes(name.charAt(0))) }
    : {};
}

/**
 * Returns the value of a field of the hash itself. ioredis returns a plain object, so every hash would seem to have any
 * field that the process has added to `Object.prototype`.
 */
function valueOf(hash: StoredHash, name: string): string | null {
  return Object.hasOwn(hash, name) ? (hash[name] ?? null) : null;
}

/** Returns the reason that a session's key does not hold a session; `null` if the key is absent. */
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

/** Returns a session's rotation from the values of its fields, as the script `rotate` returns them. */
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

/** A session as scripts return it: its handle, and the values of its reserved fields. */
export type Facts = [handle: string, values: (string | null)[]];

/** Returns the sessions in a script's reply, latest sign-in first. */
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

/** Returns changes as script arguments: the number of fields to set, their names and values in turn, names to remove. */
export function encodeChanges(set: ReadonlyMap<string, string>, remove: readonly string[]): string[] {
  const pairs = [...set].flatMap(([name, text]) => [encodeFieldName(name), text]);
  return [String(set.size), ...pairs, ...remove.map(encodeFieldName)];
}

/** Returns the name in the hash of an application's field. */
export function encodeFieldName(name: string): string {
  return APPLICATION_FIELD + name;
}

/** Returns the hash in a script's flat list of names and values. */
export function pairUp(flat: readonly string[]): StoredHash {
  const hash: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index < flat.length; index += 2)
    hash[flat[index] as string] = flat[index + 1] as string;
  return hash;
}

/** Returns the end notice of a session as JSON. The script prepends the time and a colon. */
export function encodeNotice({ reason, by }: EndNotice): string {
  return JSON.stringify(by ? { reason, by: { device: by.device, address: by.address } } : { reason });
}

/** Returns the `owner` argument of the script `revoke`; `null` ends the session of any user. */
export function encodeOwner(ownedBy: string | null): string {
  return ownedBy === null ? '-' : `+${ownedBy}`;
}

/** Returns the end in a stored notice; `null` if the notice is absent or malformed. */
export function decodeNotice(text: string | null): SessionEnd | null {
  const [, at, json = ''] = NOTICE_FORM.exec(text ?? '') ?? [];
  try {
    const stored = JSON.parse(json) as Partial<EndNotice> | null;
    // `stored` is copied to an object without a prototype, so that no member is inherited.
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
