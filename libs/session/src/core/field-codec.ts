import type { FieldProblem } from './errors.js';

/** The first place of a value that its stored form changes or loses. */
export interface ValueProblem {
  /** Where it is, such as `cart.items[2].addedAt`. */
  readonly path: string;
  readonly received: string;
  /** What to store instead, as a sentence. */
  readonly remedy: string;
}

/** A value as it is stored. */
export interface Encoded {
  readonly text: string;
  /** What reading the text gives back in another form; `null`: nothing. */
  readonly problem: ValueProblem | null;
}

/** Turns values of fields into stored text and back. */
export interface FieldCodec {
  /** @throws SessionValueError when the value cannot be stored */
  encode(name: string, value: unknown): Encoded;
  /** @throws when the text is not something that {@link encode} made */
  decode(text: string): unknown;
  /** Whether a value is still what a text says, as far as that can be told at little cost. */
  isAsIn(text: string, value: unknown): boolean;
}

/**
 * What becomes of fields, and of members inside their values, that the data class does not name: `'keep'` them as they
 * are, `'ignore'` them, so that they are neither read nor written, or `'refuse'` them as values that break a rule.
 */
export type UnknownFields = 'keep' | 'ignore' | 'refuse';

/** The application's rules for its fields. They judge values as they are stored. */
export interface FieldRules {
  readonly unknown: UnknownFields;
  /** Whether the rules name a field. */
  knows(name: string): boolean;
  /** A field's value without what is to be ignored inside; the value itself where there is nothing of that kind. */
  prune(name: string, value: unknown): unknown;
  /** Problems of a session as it will be, all of it, once it is written. */
  checkWrite(session: ReadonlyMap<string, unknown>): Promise<readonly FieldProblem[]>;
  /** Problems of what was stored, maybe by another version of the application, by field. Never throws. */
  checkRead(session: ReadonlyMap<string, unknown>): ReadonlyMap<string, FieldProblem>;
}
