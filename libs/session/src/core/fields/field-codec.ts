import type { FieldProblem } from '../errors/errors.js';

/** The first part of a value that its stored form changes or loses. */
export interface ValueProblem {
  /** The path of that part, such as `cart.items[2].addedAt`. */
  readonly path: string;
  readonly received: string;
  /** The advice on what to store instead, as a sentence. */
  readonly remedy: string;
}

/** A value as it is stored. */
export interface Encoded {
  readonly text: string;
  /** The first part of the value that reading returns in another form; `null` if there is none. */
  readonly problem: ValueProblem | null;
}

/** Turns values of fields into stored text and back. */
export interface FieldCodec {
  /** @throws SessionValueError when the value cannot be stored */
  encode(name: string, value: unknown): Encoded;
  /** @throws when the text was not created by {@link encode} */
  decode(text: string): unknown;
  /** Returns true if a cheap check shows that a text still encodes a value. */
  isAsIn(text: string, value: unknown): boolean;
}

/**
 * Policy for fields, and members inside their values, that the data class does not declare.
 *
 * - `keep`: keeps them unchanged
 * - `ignore`: neither reads nor writes them
 * - `refuse`: rejects them as a broken rule
 */
export type UnknownFields = 'keep' | 'ignore' | 'refuse';

/** The application's rules for its fields. They judge values as they are stored. */
export interface FieldRules {
  readonly unknown: UnknownFields;
  /** Returns true if the rules name a field. */
  knows(name: string): boolean;
  /** Returns a field's value without ignored members; the value itself if it has none. */
  prune(name: string, value: unknown): unknown;
  /** Returns the problems of a whole session as it will be after a write. */
  checkWrite(session: ReadonlyMap<string, unknown>): Promise<readonly FieldProblem[]>;
  /**
   * Returns the problems of stored fields, which another version of the application may have written, by field. Never throws.
   */
  checkRead(session: ReadonlyMap<string, unknown>): ReadonlyMap<string, FieldProblem>;
}
