import type { FieldProblem } from './errors.js';
import { applyChanges } from './field-changes.js';
import { isReservedName } from './field-names.js';
import type { Encoded, FieldCodec, FieldRules } from './field-codec.js';
import type { FieldChanges } from './store.js';

/** What a stored field gives to whoever reads it: a value, or why there is none. */
export type Reading =
  | { readonly value: unknown; readonly problem: null }
  | { readonly value: undefined; readonly problem: FieldProblem };

/** Stored fields, decoded, and what the application's rules find wrong with them. */
interface Judgement {
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: ReadonlyMap<string, FieldProblem>;
}

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * What the store has of a session, as the application may see it: every way of reading a field goes through
 * {@link read}, so all of them agree on what is there.
 */
export class StoredFields {
  private stored: ReadonlyMap<string, string> = NONE;
  /** `null`: the rules have not been asked about what is stored now. */
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

  /** Whether a field is not the application's to see. It stays in the store as it is. */
  isHidden(name: string): boolean {
    return isReservedName(name) || this.isIgnored(name);
  }

  /** Whether the rules have a field neither read nor written. */
  isIgnored(name: string): boolean {
    return this.rules?.unknown === 'ignore' && !this.rules.knows(name);
  }

  /** What reading a field gives. */
  read(name: string): Reading {
    const value = this.decoded(name);
    if (value === undefined) {
      return { value, problem: { field: name, expected: ['stored text that can be read'] } };
    }
    const problem = this.isJudged(name) ? (this.judge().problems.get(name) ?? null) : null;
    return problem ? { value: undefined, problem } : { value, problem };
  }

  /** The value behind stored text, whatever the rules say. `undefined`: there is none, or none that can be read. */
  decoded(name: string): unknown {
    const text = this.stored.get(name);
    if (text === undefined) return undefined;
    try {
      return this.pruned(name, this.codec.decode(text));
    } catch {
      return undefined;
    }
  }

  /** Encodes a value as it will be stored. @throws SessionValueError when it cannot be stored */
  encode(name: string, value: unknown): Encoded {
    const encoded = this.codec.encode(name, value);
    if (this.rules?.unknown !== 'ignore') return encoded;
    const whole = this.codec.decode(encoded.text);
    const pruned = this.pruned(name, whole);
    return pruned === whole ? encoded : { ...this.codec.encode(name, pruned), problem: encoded.problem };
  }

  /** Whether text says what is stored. Others may spell it differently, and reading that must not turn into a write. */
  isSame(name: string, text: string): boolean {
    const stored = this.stored.get(name);
    if (stored === undefined || stored === text) return stored === text;
    const value = this.decoded(name);
    return value !== undefined && this.codec.encode(name, value).text === text;
  }

  /** The session as it will be read once changes have been stored. */
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

  /** Whether the rules have something to say about a field. Others are decoded only when they are read. */
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
