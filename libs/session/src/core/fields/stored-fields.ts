import type { FieldProblem } from '../errors/errors.js';
import { applyChanges } from '../store/field-changes.js';
import { isReservedName } from './field-names.js';
import type { Encoded, FieldCodec, FieldRules } from './field-codec.js';
import type { FieldChanges } from '../store/store.js';

/** The result of reading a stored field: a value, or the reason why there is none. */
export type Reading =
  | { readonly value: unknown; readonly problem: null }
  | { readonly value: undefined; readonly problem: FieldProblem };

/** Decoded stored fields, and the rules that they break. */
interface Judgement {
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: ReadonlyMap<string, FieldProblem>;
}

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * The stored fields of a session, as the application may see them. Every way of reading a field goes through {@link read},
 * so that all of them agree.
 */
export class StoredFields {
  private stored: ReadonlyMap<string, string> = NONE;
  /** The judgement of the present fields; `null` if the rules have not checked them. */
  private judgement: Judgement | null = null;

  constructor(
    private readonly codec: FieldCodec,
    private readonly rules: FieldRules | null,
  ) {}

  get texts(): ReadonlyMap<string, string> {
    return this.stored;
  }

  replace(stored: ReadonlyMap<string, string>): void {
    this.stored = stored;
    this.judgement = null;
  }

  apply(changes: FieldChanges): void {
    this.replace(applyChanges(this.stored, changes));
  }

  /** Returns true if the application must not see a field. The field stays in the store unchanged. */
  isHidden(name: string): boolean {
    return isReservedName(name) || this.isIgnored(name);
  }

  /** Returns true if the rules have a field neither read nor written. */
  isIgnored(name: string): boolean {
    return this.rules?.unknown === 'ignore' && !this.rules.knows(name);
  }

  /** Reads a field. */
  read(name: string): Reading {
    const value = this.decoded(name);
    if (value === undefined) {
      return { value, problem: { field: name, expected: ['stored text that can be read'] } };
    }
    const problem = this.isJudged(name) ? (this.judge().problems.get(name) ?? null) : null;
    return problem ? { value: undefined, problem } : { value, problem };
  }

  /**
   * Returns the decoded value of a field, even if it breaks a rule. `undefined` if there is none, or it is unreadable.
   */
  decoded(name: string): unknown {
    const text = this.stored.get(name);
    if (text === undefined) return undefined;
    try {
      return this.pruned(name, this.codec.decode(text));
    } catch {
      return undefined;
    }
  }

  /** Encodes a value for the store. @throws SessionValueError when it cannot be stored */
  encode(name: string, value: unknown): Encoded {
    const encoded = this.codec.encode(name, value);
    if (this.rules?.unknown !== 'ignore') return encoded;
    const whole = this.codec.decode(encoded.text);
    const pruned = this.pruned(name, whole);
    return pruned === whole ? encoded : { ...this.codec.encode(name, pruned), problem: encoded.problem };
  }

  /**
   * Returns true if a text encodes the stored value. Other writers may format it differently, which must not cause a write.
   */
  isSame(name: string, text: string): boolean {
    const stored = this.stored.get(name);
    if (stored === undefined || stored === text) return stored === text;
    const value = this.decoded(name);
    return value !== undefined && this.codec.encode(name, value).text === text;
  }

  /** Returns the session as it will be read once changes are stored. */
  after(changes: FieldChanges): ReadonlyMap<string, unknown> {
    const { values, problems } = this.judge();
    const session = new Map([...values].filter(([name]) => !problems.has(name)));
    for (const name of changes.remove) session.delete(name);
    for (const [name, text] of changes.set) session.set(name, this.codec.decode(text));
    return session;
  }

  private pruned(name: string, value: unknown): unknown {
    return this.rules?.unknown === 'ignore' ? this.rules.prune(name, value) : value;
  }

  /** Returns true if the rules apply to a field. Other fields are decoded only when they are read. */
  private isJudged(name: string): boolean {
    const { rules } = this;
    return !!rules && !this.isHidden(name) && (rules.unknown === 'refuse' || rules.knows(name));
  }

  private judge(): Judgement {
    if (this.judgement) return this.judgement;
    const names = [...this.stored.keys()].filter((name) => this.isJudged(name));
    const readings = names.map((name) => [name, this.decoded(name)] as const);
    const values = new Map(readings.filter(([, value]) => value !== undefined));
    this.judgement = { values, problems: this.rules?.checkRead(values) ?? new Map() };
    return this.judgement;
  }
}
