import type { FieldProblem } from './errors.js';
import { applyChanges, NO_CHANGES } from './field-changes.js';
import { checkFieldName, isReservedName } from './field-names.js';
import type { PropertySource } from './lazy-object.js';
import { defineLazily, isLazy, LazyObject } from './lazy-object.js';
import type { FieldChanges } from './store.js';

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

/** The application's rules for its fields. */
export interface FieldRules {
  /** Problems of values that are about to be stored. */
  checkWrite(values: ReadonlyMap<string, unknown>): Promise<readonly FieldProblem[]>;
  /** Problems of one value that was stored, maybe by another version of the application. `null`: none. */
  checkRead(name: string, value: unknown): FieldProblem | null;
}

/** What a session's fields need from around them. */
export interface FieldEnvironment {
  readonly codec: FieldCodec;
  readonly rules: FieldRules | null;
  /** Told of a stored field that cannot be used. */
  onInvalid(problem: FieldProblem): void;
}

type Bag = Record<string, unknown>;

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * The application's fields as plain properties of an object, decoded when first read and compared with what is
 * stored when it is time to save. So a request pays only for the fields it uses, and a change deep inside a value
 * is noticed without anybody announcing it.
 */
export class Fields implements PropertySource {
  private stored: ReadonlyMap<string, string> = NONE;
  /** Stored fields that were read, and what of. */
  private readonly decoded = new Map<string, { readonly text: string; readonly value: unknown }>();
  /** Stored fields that cannot be used. They stay in the store until the application writes them. */
  private readonly unusable = new Set<string>();

  constructor(
    private readonly target: LazyObject,
    private readonly environment: FieldEnvironment,
  ) {
    LazyObject.connect(target, this);
  }

  /** Replaces all properties by the stored fields. */
  reset(stored: ReadonlyMap<string, string>): void {
    for (const name of Object.keys(this.target)) Reflect.deleteProperty(this.target, name);
    this.stored = stored;
    this.decoded.clear();
    this.unusable.clear();
    for (const name of stored.keys()) if (!isReservedName(name)) this.defineLazily(name);
  }

  /** What is stored, as far as this request knows. */
  get baseline(): ReadonlyMap<string, string> {
    return this.stored;
  }

  /** Tells that changes have been stored. */
  acknowledge(changes: FieldChanges): void {
    this.stored = applyChanges(this.stored, changes);
    for (const name of changes.set.keys()) this.unusable.delete(name);
  }

  /** Keeps the properties, of which nothing is stored any more. */
  detach(): void {
    for (const name of Object.keys(this.target)) {
      if (!isLazy(this.target, name)) continue;
      const value = this.value(name);
      if (value !== undefined) this.write(name, value);
    }
    this.stored = NONE;
    this.unusable.clear();
  }

  /** Takes over changes that others made in the store. */
  absorb(changes: FieldChanges): void {
    this.acknowledge(changes);
    for (const name of changes.remove) Reflect.deleteProperty(this.target, name);
    for (const name of changes.set.keys()) if (!isReservedName(name)) this.defineLazily(name);
  }

  /**
   * What differs from what is stored.
   *
   * @param onConverted told of a field whose value comes back in another form
   */
  changes(onConverted?: (field: string, problem: ValueProblem) => void): FieldChanges {
    const present = Object.keys(this.target);
    const names = present.filter((name) => !this.isAsStored(name));
    if (names.length === 0 && present.length === this.stored.size) return NO_CHANGES;
    const set = new Map<string, string>();
    for (const name of names) {
      const encoded = this.encodeIfChanged(name);
      if (!encoded) continue;
      set.set(name, encoded.text);
      if (encoded.problem) onConverted?.(name, encoded.problem);
    }
    const remove: string[] = [];
    for (const name of this.stored.keys()) if (this.isRemoved(name)) remove.push(name);
    return { set, remove };
  }

  /** Everything, serialised. */
  all(): ReadonlyMap<string, string> {
    return applyChanges(this.stored, this.changes());
  }

  /** The values behind serialised changes. */
  values(changes: FieldChanges): ReadonlyMap<string, unknown> {
    return new Map([...changes.set.keys()].map((name) => [name, this.value(name)]));
  }

  /** The present value of a property. */
  value(name: string): unknown {
    return (this.target as unknown as Bag)[name];
  }

  /** Some of the properties, where they are there. */
  pick(names: readonly string[]): Readonly<Record<string, unknown>> {
    const present = names.filter((name) => Object.hasOwn(this.target, name));
    return Object.fromEntries(present.map((name) => [name, this.value(name)]));
  }

  /** Takes a property back to what is stored. */
  revert(name: string): void {
    Reflect.deleteProperty(this.target, name);
    if (this.stored.has(name)) this.defineLazily(name);
  }

  /** What the store has under a name, decoded. `undefined`: nothing, or nothing readable. */
  storedValue(name: string): unknown {
    return decodeIfReadable(this.environment.codec, this.stored.get(name));
  }

  /** What a lazy property gives. */
  read(name: string): unknown {
    const decoded = this.decoded.get(name);
    if (decoded) return decoded.value;
    const text = this.stored.get(name) ?? '';
    const value = this.decode(name, text);
    if (value !== undefined) this.decoded.set(name, { text, value });
    else this.leaveOut(name);
    return value;
  }

  /** What an assignment to a lazy property does: from now on it is one like any other. */
  write(name: string, value: unknown): void {
    this.decoded.delete(name);
    this.unusable.delete(name);
    Object.defineProperty(this.target, name, { value, enumerable: true, configurable: true, writable: true });
  }

  private encodeIfChanged(name: string): Encoded | null {
    checkFieldName(name);
    const value = this.value(name);
    if (value === undefined) return null;
    const encoded = this.environment.codec.encode(name, value);
    return this.isSameAsStored(name, encoded.text) ? null : encoded;
  }

  private isSameAsStored(name: string, text: string): boolean {
    const stored = this.stored.get(name);
    if (stored === undefined || stored === text) return stored === text;
    // Text that others wrote may be spelled differently. Reading it must not turn into a write.
    const value = this.storedValue(name);
    return value !== undefined && this.environment.codec.encode(name, value).text === text;
  }

  private isRemoved(name: string): boolean {
    if (this.unusable.has(name) || isReservedName(name) || isLazy(this.target, name)) return false;
    // Not by the value alone: an object without a `toString` of its own has one all the same.
    return !Object.hasOwn(this.target, name) || this.value(name) === undefined;
  }

  /** Whether nobody has written the property, nor read a value that could have been changed from within. */
  private isAsStored(name: string): boolean {
    if (!isLazy(this.target, name)) return false;
    const decoded = this.decoded.get(name);
    if (!decoded) return true;
    const { text, value } = decoded;
    if (text !== this.stored.get(name)) return false;
    return typeof value !== 'object' || this.environment.codec.isAsIn(text, value);
  }

  private defineLazily(name: string): void {
    this.decoded.delete(name);
    defineLazily(this.target, name);
  }

  private leaveOut(name: string): void {
    Reflect.deleteProperty(this.target, name);
    this.unusable.add(name);
  }

  private decode(name: string, text: string): unknown {
    const { environment } = this;
    let value: unknown;
    try {
      value = environment.codec.decode(text);
    } catch {
      environment.onInvalid({ field: name, expected: ['stored text that can be read'] });
      return undefined;
    }
    const problem = environment.rules?.checkRead(name, value) ?? null;
    if (!problem) return value;
    environment.onInvalid(problem);
    return undefined;
  }
}

/** The value behind stored text. `undefined`: there is none, or none that can be read. */
export function decodeIfReadable(codec: FieldCodec, text: string | null | undefined): unknown {
  if (text === undefined || text === null) return undefined;
  try {
    return codec.decode(text);
  } catch {
    return undefined;
  }
}
