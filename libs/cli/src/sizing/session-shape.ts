import type { FieldLengths } from './redis-structures.js';

/** The sizes of a typical session, in bytes. */
export interface SessionShape {
  /** Length of the option `prefix`. */
  readonly prefixBytes: number;
  /** Length of the user's id; `null` for an anonymous session. */
  readonly userIdBytes: number | null;
  /** Length of the name of the device; 0 if unknown. */
  readonly deviceBytes: number;
  /** Length of the network address; 0 if unknown. */
  readonly addressBytes: number;
  /** Name and value, in JSON, of each field of the application. */
  readonly fields: readonly FieldLengths[];
  /** True if the option `rotation` is in use. */
  readonly isRotated: boolean;
  /** Idle timeout in milliseconds. */
  readonly idleMs: number;
  /** Absolute timeout in milliseconds. */
  readonly absoluteMs: number;
  /** Time from the sign-in to the last recorded activity, in milliseconds. */
  readonly activeForMs: number;
}

export const SHARD_BYTES = 3;
/** Length of a session's handle, of a verifier and of the key of the tags: 132 bits in base64url. */
export const HANDLE_BYTES = 22;
const NAME_BYTES = 1;
/** A time of these decades in milliseconds. */
const TIME = 1_800_000_000_000;
const DIGEST = 'x'.repeat(HANDLE_BYTES);

/** Returns the names of the keys of a session, as lengths. docs/reference/redis-schema.md describes the keys. */
export function keyLengths({ prefixBytes, userIdBytes }: SessionShape) {
  const shard = prefixBytes + '{'.length + SHARD_BYTES + '}:'.length;
  return {
    session: shard + HANDLE_BYTES,
    index: shard + 'u:'.length + (userIdBytes ?? 0),
    notice: shard + 'gone:'.length + HANDLE_BYTES,
    source: shard + 'from:'.length + HANDLE_BYTES,
  };
}

/** Returns the members of an index for one session, as lengths: its handle and its mark. */
export const INDEX_MEMBERS: readonly number[] = [HANDLE_BYTES, HANDLE_BYTES + '@'.length];

/** Returns the fields of a session's hash, as lengths. */
export function fieldLengths(shape: SessionShape): FieldLengths[] {
  const { userIdBytes, deviceBytes, addressBytes, fields, isRotated } = shape;
  const own = [factsText(shape), activityText(shape)].map((text) => reserved(text.length));
  const texts = [userIdBytes, deviceBytes, addressBytes].filter((bytes) => bytes !== null && bytes > 0);
  const rotation = isRotated ? rotationTexts(shape).map((text) => reserved(text.length)) : [];
  const ofApplication = fields.map(({ nameBytes, valueBytes }) => ({
    nameBytes: '.'.length + nameBytes,
    valueBytes,
  }));
  return [...own, ...texts.map((bytes) => reserved(bytes as number)), ...rotation, ...ofApplication];
}

function reserved(valueBytes: number): FieldLengths {
  return { nameBytes: NAME_BYTES, valueBytes };
}

function factsText({ userIdBytes, absoluteMs }: SessionShape): string {
  return JSON.stringify(userIdBytes === null ? [1, TIME, absoluteMs] : [1, TIME, absoluteMs, 0]);
}

/** Returns the text that each touch writes. */
export function activityText({ activeForMs, idleMs }: SessionShape): string {
  return JSON.stringify([activeForMs, idleMs]);
}

/** Returns the current and the previous token after the grace period. */
function rotationTexts({ activeForMs }: SessionShape): string[] {
  return [JSON.stringify([activeForMs, DIGEST, DIGEST]), JSON.stringify([activeForMs, DIGEST])];
}
