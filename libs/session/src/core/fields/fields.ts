import type { ValueProblem, Encoded, FieldCodec, FieldRules } from './field-codec.js';
import type { FieldProblem } from '../errors/errors.js';
import { applyChanges, NO_CHANGES } from '../store/field-changes.js';
import { checkFieldName } from './field-names.js';
import type { PropertySource } from './lazy-object.js';
import { defineLazily, isLazy, LazyObject } from './lazy-object.js';
import type { FieldChanges } from '../store/store.js';
import { StoredFields } from './stored-fields.js';

/** The parts of a session that its fields use. */
export interface FieldEnvironment {
  readonly codec: FieldCodec;
  readonly rules: FieldRules | null;
  /** Reports an unusable stored field. */
  reportInvalid(problem: FieldProblem): void;
}

type Bag = Record<string, unknown>;

/** The value of a lazy property. */
interface Decoded {
  /** The stored text of the value; `null` if the value was written and is not stored. */
  text: string | null;
  readonly value: unknown;
}

/**
 * The application's fields as plain properties of an object, decoded when first read and compared with the stored text
 * when they are saved. A request pays only for the fields it uses, and changes inside a value are detected.
 */
export class Fields implements PropertySource {
  private readonly stored: StoredFields;
  /**
   * The values that were written, and the objects that were read, which the application may change in place. Reading a
   * primitive value again decodes it again. `null` while there are none, as in most requests; so is {@link unusable}.
   */
  private decoded: Map<string, Decoded> | null = null;
  /** Unusable stored fields. They stay in the store until the application overwrites them. */
  private unusable: Set<string> | null = null;

  constructor(
    private readonly target: LazyObject,
    private readonly environment: FieldEnvironment,
  ) {
    this.stored = new StoredFields(environment.codec, environment.rules);
    LazyObject.connect(target, this);
  }

  /** Gives an object without properties the stored fields. */
  start(stored: ReadonlyMap<string, string>): void {
    this.stored.replace(stored);
    for (const name of stored.keys()) if (!this.stored.isHidden(name)) defineLazily(this.target, name);
  }

  /** Replaces all properties with the stored fields. */
  reset(stored: ReadonlyMap<string, string>): void {
    for (const name of Object.keys(this.target)) Reflect.deleteProperty(this.target, name);
    this.decoded = null;
    this.unusable = null;
    this.start(stored);
  }

  /** The stored fields, as far as this request knows. */
  get baseline(): ReadonlyMap<string, string> {
    return this.stored.texts;
  }

  /** Notes that changes were stored. */
  acknowledge(changes: FieldChanges): void {
    this.stored.apply(changes);
    for (const [name, text] of changes.set) {
      this.unusable?.delete(name);
      const decoded = this.decoded?.get(name);
      if (decoded) decoded.text = text;
    }
  }

  /** Keeps the properties and empties the baseline, because the store no longer holds the session. */
  detach(): void {
    for (const name of Object.keys(this.target)) {
      if (!isLazy(this.target, name)) continue;
      const value = this.value(name);
      if (value !== undefined) this.write(name, value);
    }
    this.stored.replace(new Map());
    this.unusable = null;
  }

  /** Takes over changes that other requests made in the store. */
  absorb(changes: FieldChanges): void {
    this.acknowledge(changes);
    for (const name of changes.remove) {
      Reflect.deleteProperty(this.target, name);
      this.decoded?.delete(name);
    }
    for (const name of changes.set.keys()) if (!this.stored.isHidden(name)) this.defineLazily(name);
  }

  /** Returns true if there are {@link changes}. */
  areChanged(): boolean {
    let asStored = 0;
    // Unlike Object.keys(), this makes no list.
    for (const name in this.target) {
      if (this.isAsStored(name)) asStored += 1;
      else if (this.encodeIfChanged(name)) return true;
    }
    return asStored !== this.baseline.size && this.removed().length > 0;
  }

  /**
   * Returns the changes compared with the stored fields.
   *
   * @param onConverted called with each field whose value is stored in another form
   */
  changes(onConverted?: (field: string, problem: ValueProblem) => void): FieldChanges {
    let asStored = 0;
    let set: Map<string, string> | null = null;
    for (const name in this.target) {
      if (this.isAsStored(name)) {
        asStored += 1;
        continue;
      }
      const encoded = this.encodeIfChanged(name);
      if (!encoded) continue;
      (set ??= new Map()).set(name, encoded.text);
      if (encoded.problem) onConverted?.(name, encoded.problem);
    }
    if (asStored === this.baseline.size && !set) return NO_CHANGES;
    const remove = this.removed();
    return set || remove.length > 0 ? { set: set ?? NO_CHANGES.set, remove } : NO_CHANGES;
  }

  /** Returns all fields, serialised. */
  all(): ReadonlyMap<string, string> {
    return applyChanges(this.baseline, this.changes());
  }

  /** Returns the session as it will be read once changes are stored. */
  after(changes: FieldChanges): ReadonlyMap<string, unknown> {
    return this.stored.after(changes);
  }

  /** Returns true if a field is neither read nor written, because the application's rules do not name it. */
  isIgnored(name: string): boolean {
    return this.stored.isIgnored(name);
  }

  /** Encodes a value for the store. @throws SessionValueError when it cannot be stored */
  encode(name: string, value: unknown): Encoded {
    return this.stored.encode(name, value);
  }

  /** Returns the present value of a property. */
  value(name: string): unknown {
    return (this.target as unknown as Bag)[name];
  }

  /** Returns those of the named properties that exist. */
  pick(names: readonly string[]): Readonly<Record<string, unknown>> {
    const present = names.filter((name) => Object.hasOwn(this.target, name));
    return Object.fromEntries(present.map((name) => [name, this.value(name)]));
  }

  /** Resets a property to the stored value. */
  revert(name: string): void {
    Reflect.deleteProperty(this.target, name);
    if (this.baseline.has(name)) this.defineLazily(name);
  }

  /**
   * Returns the decoded stored value of a field, even if it breaks a rule. `undefined` if there is none, or it is unreadable.
   */
  storedValue(name: string): unknown {
    return this.stored.decoded(name);
  }

  /**
   * Returns a stored field as reads see it; `undefined` if it is absent or unusable. Reports an unusable field once.
   */
  usable(name: string): unknown {
    if (!this.baseline.has(name) || this.stored.isHidden(name)) return undefined;
    const { value, problem } = this.stored.read(name);
    if (problem) this.leaveOut(name, problem);
    return value;
  }

  /** Returns the value of a lazy property. */
  read(name: string): unknown {
    const decoded = this.decoded?.get(name);
    if (decoded) return decoded.value;
    const value = this.usable(name);
    if (typeof value === 'object' && value !== null) {
      (this.decoded ??= new Map()).set(name, { text: this.baseline.get(name) as string, value });
    }
    return value;
  }

  /**
   * Assigns a lazy property. The property stays lazy, because replacing an accessor takes longer than the rest of a write; with
   * `undefined` it becomes an ordinary property, which counts as removed.
   */
  write(name: string, value: unknown): void {
    this.unusable?.delete(name);
    if (value !== undefined) {
      (this.decoded ??= new Map()).set(name, { text: null, value });
      return;
    }
    this.decoded?.delete(name);
    Object.defineProperty(this.target, name, { value, enumerable: true, configurable: true, writable: true });
  }

  private encodeIfChanged(name: string): Encoded | null {
    // A property that the target inherits is no field.
    if (this.isIgnored(name) || !Object.hasOwn(this.target, name)) return null;
    checkFieldName(name);
    const value = this.value(name);
    if (value === undefined) return null;
    const encoded = this.encode(name, value);
    return this.stored.isSame(name, encoded.text) ? null : encoded;
  }

  private removed(): readonly string[] {
    const names: string[] = [];
    for (const name of this.baseline.keys()) if (this.isRemoved(name)) names.push(name);
    return names;
  }

  private isRemoved(name: string): boolean {
    if (this.unusable?.has(name) || this.stored.isHidden(name) || isLazy(this.target, name)) return false;
    // An inherited property, such as `toString`, is no field.
    return !Object.hasOwn(this.target, name) || this.value(name) === undefined;
  }

  /** Returns true if the property was not written, and the value that was read has not changed in place. */
  private isAsStored(name: string): boolean {
    if (!isLazy(this.target, name)) return false;
    const decoded = this.decoded?.get(name);
    if (!decoded) return true;
    const { text, value } = decoded;
    return text !== null && text === this.baseline.get(name) && this.environment.codec.isAsIn(text, value);
  }

  private defineLazily(name: string): void {
    this.decoded?.delete(name);
    defineLazily(this.target, name);
  }

  private leaveOut(name: string, problem: FieldProblem): void {
    Reflect.deleteProperty(this.target, name);
    if (this.unusable?.has(name)) return;
    (this.unusable ??= new Set()).add(name);
    this.environment.reportInvalid(problem);
  }
}
