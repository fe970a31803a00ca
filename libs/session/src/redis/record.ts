import { createHash } from 'node:crypto';
import type {
  EndNotice,
  FieldChanges,
  OwnLifetime,
  RecordProblem,
  Rotation,
  SessionEnd,
  SessionRecord,
} from '../core/store/store.js';
import type { SessionId, Shard } from '../core/record/token.js';
import { joinSessionId } from '../core/record/token.js';

/**
 * The reserved fields of a session's hash. One letter each, because every session contains them. The application's fields
 * begin with a dot, so that their names cannot collide with these.
 *
 * Lists are in JSON. Free text has fields of its own, so that no list exceeds the 64 bytes above which Redis stores a hash
 * in a form that takes more memory.
 */
const FIELDS = {
  facts: 's',
  activity: 'a',
  userId: 'u',
  device: 'd',
  address: 'l',
  token: 'r',
  previousToken: 'p',
} as const;

/** The fields that scripts return of a session in a list, in this order. */
const LISTED = ['facts', 'activity', 'userId', 'device', 'address'] as const;

/**
 * The elements of the lists, in this order. Names that end in `After` are times in milliseconds since the creation of the
 * session. A new fact is appended to its list, without a new layout: missing elements are absent, unknown ones are ignored.
 */
const ELEMENTS = {
  facts: ['version', 'createdAt', 'endsAfter', 'signedInAfter', 'persistent', 'own'],
  activity: ['activeAfter', 'idleMs'],
  token: ['issuedAfter', 'verifier', 'tagKey'],
  previousToken: ['validAfter', 'verifier', 'nonce'],
} as const;

/** The layout that this version writes and reads: the first fact of every layout. */
export const LAYOUT_VERSION = 1;

const APPLICATION_FIELD = '.';

/**
 * The names above in scripts, with their values in Lua: the letter of each field, such as `FACTS`, and the position of each
 * element, such as `FACTS_CREATED_AT`. So each letter and each position is written once.
 */
export const LUA_CONSTANTS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(FIELDS).map(([field, letter]) => luaConstant(field, `'${letter}'`)),
  ...Object.entries(ELEMENTS).flatMap(([field, elements]) =>
    elements.map((element, index) => luaConstant(`${field}_${element}`, index + 1)),
  ),
  luaConstant('layoutVersion', LAYOUT_VERSION),
  luaConstant('applicationField', `'${APPLICATION_FIELD}'`),
]);

/** A stored notice: the time of the end, limited to 15 digits so that `Date` can represent it, and JSON. */
const NOTICE_FORM = /^(\d{1,15}):(.*)$/s;

/** An argument of a script. */
export type ScriptArgument = string | number;

/** The hash of a session, as ioredis returns it. */
export type StoredHash = Readonly<Record<string, string | null | undefined>>;

/** Returns the session in a hash; `null` if the hash is absent, malformed or of another layout. */
export function decodeRecord(id: SessionId, hash: StoredHash): SessionRecord | null {
  const facts = decodeList(valueOf(hash, FIELDS.facts));
  const activity = decodeList(valueOf(hash, FIELDS.activity));
  if (!facts || !activity) return null;
  // Destructuring reads no element of a prototype beyond the end of a list.
  const [version, createdAt, endsAfter, signedInAfter, persistent, own] = facts;
  const [activeAfter, idleMs] = activity;
  if (version !== LAYOUT_VERSION || !isTime(createdAt) || !isTime(idleMs)) return null;
  const absoluteEndAt = timeAfter(createdAt, endsAfter);
  const lastActiveAt = timeAfter(createdAt, activeAfter);
  const userId = valueOf(hash, FIELDS.userId);
  const signedInAt = userId === null ? null : timeAfter(createdAt, signedInAfter);
  if (!isTime(absoluteEndAt) || !isTime(lastActiveAt)) return null;
  if (signedInAt !== null && !isTime(signedInAt)) return null;
  const token = valueOf(hash, FIELDS.token);
  const rotation = decodeRotation(createdAt, token, valueOf(hash, FIELDS.previousToken));
  if (rotation === undefined) return null;
  const record = {
    id,
    createdAt,
    lastActiveAt,
    idleMs,
    absoluteEndAt,
    userId,
    signedInAt,
    device: valueOf(hash, FIELDS.device),
    address: valueOf(hash, FIELDS.address),
    persistent: persistent === 1,
    rotation,
    fields: decodeFields(hash),
  };
  return typeof own === 'string' ? { ...record, own: decodeOwn(own) } : record;
}

/** Returns a stored list; `null` if the text is absent or no list. */
function decodeList(text: string | null | undefined): readonly unknown[] | null {
  if (!text) return null;
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

/** The facts of a new session that do not depend on the time of the script. */
export interface TimelessFacts {
  readonly persistent: boolean;
  readonly own?: readonly OwnLifetime[] | undefined;
}

/** Returns the end of a list of facts, in JSON. The script that creates the session prepends the times. */
export function encodeFacts({ persistent, own }: TimelessFacts): string {
  if (own?.length)
    return `,${persistent ? 1 : null},"${own.map((lifetime) => lifetime.charAt(0)).join('')}"]`;
  return persistent ? ',1]' : ']';
}

/** Returns a digest of the application's fields, as `digest_of_fields` in the scripts returns it. */
export function digestOf(fields: ReadonlyMap<string, string>): string {
  const digests = Array.from(fields, ([name, text]) => sha1Of(`${encodeFieldName(name)}=${text}`));
  return sha1Of(digests.sort().join(''));
}

function decodeOwn(letters: string): readonly OwnLifetime[] {
  return (['idle', 'end'] as const).filter((name) => letters.includes(name.charAt(0)));
}

/**
 * Returns the value of a field of the hash itself. ioredis returns a plain object, so every hash would seem to have any
 * field that the process has added to `Object.prototype`.
 */
function valueOf(hash: StoredHash, name: string): string | null {
  return Object.hasOwn(hash, name) ? (hash[name] ?? null) : null;
}

/** The letters of all fields but the application's. */
export const RESERVED_FIELDS: readonly string[] = Object.values(FIELDS);

/** Returns the version of the layout that a session is stored in; `null` if it has none. */
export function layoutOf(hash: StoredHash): number | null {
  const [version] = decodeList(valueOf(hash, FIELDS.facts)) ?? [];
  return typeof version === 'number' ? version : null;
}

/** Returns the reason that a session's key does not hold a session; `null` if the key is absent. */
export function problemOf(hash: StoredHash | symbol): RecordProblem | null {
  if (typeof hash === 'symbol') return 'other-type';
  const version = layoutOf(hash);
  if (version !== null && version !== LAYOUT_VERSION) return 'other-layout';
  return isEmptyHash(hash) ? null : 'malformed';
}

function isEmptyHash(hash: StoredHash): boolean {
  return Object.keys(hash).length === 0;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value);
}

/** Returns the time this many milliseconds after the creation of a session; NaN if the number is absent. */
function timeAfter(createdAt: number, afterMs: unknown): number {
  return typeof afterMs === 'number' ? createdAt + afterMs : NaN;
}

/**
 * Returns a session's rotation from the texts of its two fields; `null` while the session has its first token, `undefined`
 * if the rotation is malformed. Such a session is unusable, because its first token must not become valid again.
 */
export function decodeRotation(
  createdAt: number,
  token: string | null | undefined,
  previousToken: string | null | undefined,
): Rotation | null | undefined {
  if (!token && !previousToken) return null;
  const [issuedAfter, current, tagKey] = decodeList(token) ?? [];
  const [validAfter, previous, nonce = null] = decodeList(previousToken) ?? [];
  const at = timeAfter(createdAt, issuedAfter);
  const graceEndAt = validAfter === null ? null : timeAfter(createdAt, validAfter);
  if (!isTime(at) || (graceEndAt !== null && !isTime(graceEndAt))) return undefined;
  if (!isText(current) || !isText(previous) || !isText(tagKey)) return undefined;
  return { at, current, previous, graceEndAt, nonce: isText(nonce) ? nonce : null, tagKey };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A session as scripts return it: its handle, and the values of its listed fields. */
export type ListedSession = [handle: string, values: (string | null)[]];

/** Returns the sessions in a script's reply, latest sign-in first. */
export function decodeSessions(shard: Shard, sessions: readonly ListedSession[]): SessionRecord[] {
  return sessions
    .map(([handle, values]) => decodeListed(joinSessionId(shard, handle), values))
    .filter((record) => record !== null)
    .sort((one, other) => (other.signedInAt ?? 0) - (one.signedInAt ?? 0));
}

function decodeListed(id: SessionId, values: readonly (string | null)[]): SessionRecord | null {
  return decodeRecord(id, Object.fromEntries(LISTED.map((name, index) => [FIELDS[name], values[index]])));
}

/**
 * Appends changes to the arguments of a script: the number of fields to set, their names and values in turn, the names of
 * fields to remove. Returns the arguments.
 */
export function withChanges(args: ScriptArgument[], { set, remove }: FieldChanges): ScriptArgument[] {
  args.push(set.size);
  for (const [name, text] of set) args.push(encodeFieldName(name), text);
  for (const name of remove) args.push(encodeFieldName(name));
  return args;
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

function luaConstant(name: string, value: string | number): [name: string, value: string] {
  return [name.replaceAll(/[A-Z]/g, '_$&').toUpperCase(), String(value)];
}

function sha1Of(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
