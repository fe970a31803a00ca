/** How much a session may hold: names and values of the application's fields, in bytes. */
export interface SizeLimits {
  /** More is refused. */
  readonly maxBytes: number;
  /** More is told. */
  readonly warnBytes: number;
}

/** How many bytes fields take, with their names. */
export function bytesOf(fields: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [name, text] of fields) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}
