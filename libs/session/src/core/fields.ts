import type { ValueProblem, Encoded, FieldCodec, FieldRules } from './field-codec.js';
import type { FieldProblem } from './errors.js';
import { applyChanges, NO_CHANGES } from './field-changes.js';
import { checkFieldName } from './field-names.js';
import type { PropertySource } from './lazy-object.js';
import { defineLazily, isLazy, LazyObject } from './lazy-object.js';
import type { FieldChanges } from './store.js';
import { StoredFields } from './stored-fields.js';

/** What a session's fields need from around them. */
export interface FieldEnvironment {
  readonly codec: FieldCodec;
  readonly rules: FieldRules | null;
  /** Reports a stored field that cannot be used. */
  reportInvalid(problem: FieldProblem): void;
}

type Bag = Record<string, unknown>;

/**
 * The application's fields as plain properties of an object, decoded when first read and compared with what is
 * stored when it is time to save. So a request pays only for the fields it uses, and a change deep inside a value
 * is noticed without anybody announcing it.
 */
export class Fields implements PropertySource {
  private readonly stored: StoredFields;
  /** Stored fields that were read, and what of. */
  private readonly decoded = new Map<string, { readonly text: string; readonly value: unknown }>();
  /** Stored fields that cannot be used. They stay in the store until the application writes them. */
  private readonly unusable = new Set<string>();

  constructor(
    private readonly target: LazyObject,
    private readonly environment: FieldEnvironment,
  ) {
    this.stored = new StoredFields(environment.codec, environment.rules);
    LazyObject.connect(target, this);
  }

  /** Replaces all properties by the stored fields. */
  reset(stored: ReadonlyMap<string, string>): void {
    for (const name of Object.keys(this.target)) Reflect.deleteProperty(this.target, name);
    this.stored.replace(stored);
    this.decoded.clear();
    this.unusable.clear();
    for (const name of stored.keys()) if (!this.stored.isHidden(name)) this.defineLazily(name);
  }

  /** What is stored, as far as this request knows. */
  get baseline(): ReadonlyMap<string, string> {
    return this.stored.texts;
  }

  /** Tells that changes have been stored. */
  acknowledge(changes: FieldChanges): void {
    this.stored.apply(changes);
    for (const name of changes.set.keys()) this.unusable.delete(name);
  }

  /** Keeps the properties, of which nothing is stored any more. */
  detach(): void {
    for (const name of Object.keys(this.target)) {
      if (!isLazy(this.target, name)) continue;
      const value = this.value(name);
      if (value !== undefined) this.write(name, value);
    }
    this.stored.replace(new Map());
    this.unusable.clear();
  }

  /** Takes over changes that others made in the store. */
  absorb(changes: FieldChanges): void {
    this.acknowledge(changes);
    for (const name of changes.remove) Reflect.deleteProperty(this.target, name);
    for (const name of changes.set.keys()) if (!this.stored.isHidden(name)) this.defineLazily(name);
  }

  /**
   * What differs from what is stored.
   *
   * @param onConverted told of a field whose value comes back in another form
   */
  changes(onConverted?: (field: string, problem: ValueProblem) => void): FieldChanges {
    const present = Object.keys(this.target);
    const names = present.filter((name) => !this.isAsStored(name));
    if (names.length === 0 && present.length === this.baseline.size) return NO_CHANGES;
    const set = new Map<string, string>();
    for (const name of names) {
      const encoded = this.encodeIfChanged(name);
      if (!encoded) continue;
      set.set(name, encoded.text);
      if (encoded.problem) onConverted?.(name, encoded.problem);
    }
    const remove: string[] = [];
    for (const name of this.baseline.keys()) if (this.isRemoved(name)) remove.push(name);
    return { set, remove };
  }

  /** Everything, serialised. */
  all(): ReadonlyMap<string, string> {
    return applyChanges(this.baseline, this.changes());
  }

  /** The session as it will be read once changes have been stored. */
  after(changes: FieldChanges): ReadonlyMap<string, unknown> {
    return this.stored.after(changes);
  }

  /** Whether a field is neither read nor written, because the application's rules do not name it. */
  isIgnored(name: string): boolean {
    return this.stored.isIgnored(name);
  }

  /** Encodes a value as it will be stored. @throws SessionValueError when it cannot be stored */
  encode(name: string, value: unknown): Encoded {
    return this.stored.encode(name, value);
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
    if (this.baseline.has(name)) this.defineLazily(name);
  }

  /** What the store has under a name, decoded, whatever the rules say. `undefined`: nothing, or nothing readable. */
  storedValue(name: string): unknown {
    return this.stored.decoded(name);
  }

  /** What a reader is given of a stored field; `undefined`: it is absent, or cannot be used, which is told once. */
  usable(name: string): unknown {
    if (!this.baseline.has(name) || this.stored.isHidden(name)) return undefined;
    const { value, problem } = this.stored.read(name);
    if (problem) this.leaveOut(name, problem);
    return value;
  }

  /** What a lazy property gives. */
  read(name: string): unknown {
    const decoded = this.decoded.get(name);
    if (decoded) return decoded.value;
    const value = this.usable(name);
    if (value !== undefined) this.decoded.set(name, { text: this.baseline.get(name) as string, value });
    return value;
  }

  /** What an assignment to a lazy property does: from now on it is one like any other. */
  write(name: string, value: unknown): void {
    this.decoded.delete(name);
    this.unusable.delete(name);
    Object.defineProperty(this.target, name, { value, enumerable: true, configurable: true, writable: true });
  }

  private encodeIfChanged(name: string): Encoded | null {
    if (this.isIgnored(name)) return null;
    checkFieldName(name);
    const value = this.value(name);
    if (value === undefined) return null;
    const encoded = this.encode(name, value);
    return this.stored.isSame(name, encoded.text) ? null : encoded;
  }

  private isRemoved(name: string): boolean {
    if (this.unusable.has(name) || this.stored.isHidden(name) || isLazy(this.target, name)) return false;
    // Not by the value alone: an object without a `toString` of its own has one all the same.
    return !Object.hasOwn(this.target, name) || this.value(name) === undefined;
  }

  /** Whether nobody has written the property, nor read a value that could have been changed from within. */
  private isAsStored(name: string): boolean {
    if (!isLazy(this.target, name)) return false;
    const decoded = this.decoded.get(name);
    if (!decoded) return true;
    const { text, value } = decoded;
    if (text !== this.baseline.get(name)) return false;
    return typeof value !== 'object' || this.environment.codec.isAsIn(text, value);
  }

  private defineLazily(name: string): void {
    this.decoded.delete(name);
    defineLazily(this.target, name);
  }

  private leaveOut(name: string, problem: FieldProblem): void {
    Reflect.deleteProperty(this.target, name);
    if (this.unusable.has(name)) return;
    this.unusable.add(name);
    this.environment.reportInvalid(problem);
  }
}
