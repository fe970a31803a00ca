/** Size limits of a session: names and values of the application's fields, in bytes. */
export interface SizeLimits {
  /** Rejects writes above this size. */
  readonly maxBytes: number;
  /** Emits `large-session` above this size. */
  readonly warnBytes: number;
}

/** Returns the size of fields with their names, in bytes. */
export function bytesOf(fields: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [name, text] of fields) bytes += bytesOfField(name, text);
  return bytes;
}

/** Returns the size of one field with its name, in bytes. */
export function bytesOfField(name: string, text: string): number {
  return Buffer.byteLength(name) + Buffer.byteLength(text);
}
