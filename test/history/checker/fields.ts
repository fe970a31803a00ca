import type { Step, StepOf } from '../history.js';
import type { Anomaly } from './anomaly.js';
import { asOf } from './copies.js';
import { Counter } from './counter.js';
import type { Life, Lives } from './lives.js';
import { Register } from './register.js';

/** Value of a read that found no field. */
const ABSENT = 'absent';

/** The steps that write texts. */
type Writer = StepOf<'write' | 'create' | 'sign-in'>;

/** The fields that hold numbers, and what adds to each. */
const COUNTERS = { count: 'increment', tally: 'update' } as const;

/**
 * Checks I4: no acknowledged write and no acknowledged addition is lost; and I5: no session holds a value written to another.
 *
 * A session that replaces another begins with its fields: its creation reads every field of the old session and writes it
 * to the new one. So sessions are checked from the youngest to the oldest, and the initial fields of a session become a
 * read of its parent.
 */
export function checkFields(lives: Lives, fields: readonly string[]): Anomaly[] {
  const checker = new FieldChecker(lives);
  const born = lives.all().filter(({ birth }) => birth !== null);
  born.sort((one, other) => (other.birth as Step).start - (one.birth as Step).start);
  return born.flatMap((life) => [
    ...fields.flatMap((field) => checker.checkText(life, field)),
    ...Object.keys(COUNTERS).flatMap((field) => checker.checkNumber(life, field as keyof typeof COUNTERS)),
  ]);
}

/** That a session held a text at some moment of a span of time. */
interface TextRead {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly by: Step;
}

interface NumberRead {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly by: Step;
}

class FieldChecker {
  private readonly writers = new Map<string, Writer[]>();
  /** Reads that the children of a session must have made, by the session's id and the field. */
  private readonly copiedTexts = new Map<string, TextRead[]>();
  private readonly copiedNumbers = new Map<string, NumberRead[]>();

  constructor(private readonly lives: Lives) {
    for (const life of lives.all()) {
      for (const step of writersOf(life)) {
        for (const [field, value] of Object.entries(step.fields)) {
          const key = textKey(field, value);
          this.writers.set(key, [...(this.writers.get(key) ?? []), step]);
        }
      }
    }
  }

  checkText(life: Life, field: string): Anomaly[] {
    const reads = [...textReads(life, field), ...(this.copiedTexts.get(textKey(life.id, field)) ?? [])];
    const register = new Register(life.id, field);
    register.write(ABSENT, { start: -Infinity, end: -Infinity, steps: [] });
    const own = new Set([ABSENT]);
    for (const step of writersOf(life)) {
      const value = step.fields[field];
      if (typeof value !== 'string' || step.outcome === 'fail') continue;
      own.add(value);
      register.write(value, {
        start: step.start,
        end: step.outcome === 'ok' ? step.end : Infinity,
        steps: [step],
      });
    }
    const strange: Anomaly[] = [];
    for (const value of new Set(reads.map((read) => read.value))) {
      if (own.has(value)) continue;
      const origin = this.originOf(life, field, value);
      if (typeof origin === 'string') {
        const { end, by } = reads.find((read) => read.value === value) as TextRead;
        strange.push({ ...stranger(life, origin), at: end, evidence: [by] });
      } else {
        register.write(value, this.copyOf(life, field, origin));
        this.copiedFrom(life, field, value);
      }
    }
    this.copyAbsence(life, field, reads);
    for (const { value, start, end, by } of reads) register.read(value, start, end, by);
    return [...strange, ...register.check()];
  }

  checkNumber(life: Life, field: keyof typeof COUNTERS): Anomaly[] {
    const counter = new Counter(life.id, field, life.parent && life.birth);
    for (const step of life.steps) {
      if (step.f === COUNTERS[field] && step.outcome !== 'fail') counter.add(step);
    }
    const reads = [...numberReads(life, field), ...(this.copiedNumbers.get(textKey(life.id, field)) ?? [])];
    for (const { from, to, start, end, by } of reads) counter.read(from, to, start, end, by);
    if (!life.parent) return counter.check(0, 0);
    const { from, to } = counter.beginning;
    const mayBeEmpty = from <= 0 && to >= 0 && this.mayHaveFoundNothing(life);
    if (reads.length > 0 && from <= to && !mayBeEmpty) {
      const { start, end, by } = this.makingOf(life);
      const copies = this.copiedNumbers.get(textKey(life.parent.id, field)) ?? [];
      this.copiedNumbers.set(textKey(life.parent.id, field), [...copies, { from, to, start, end, by }]);
    }
    return counter.check(-Infinity, Infinity);
  }

  /** Returns the step that wrote a text of another session, or the problem with the text. */
  private originOf(life: Life, field: string, value: string): Writer | string {
    const writers = this.writers.get(textKey(field, value)) ?? [];
    const ancestors = new Set<string | null>();
    for (let { parent } = life; parent; { parent } = parent) ancestors.add(parent.id);
    const writer = writers.find((each) => ancestors.has(ownerOf(each))) ?? writers[0];
    const what = `${field} of ${life.id} is ${value}`;
    if (!writer) return `${what}, which was never written`;
    if (!ancestors.has(ownerOf(writer)))
      return `${what}, which was written to ${ownerOf(writer) ?? 'another'}`;
    return writer.outcome === 'fail' ? `${what}, a write that was refused` : writer;
  }

  /** Returns the read that carried a text over. A sign-in's own writes come on top. */
  private copyOf(life: Life, field: string, origin: Writer) {
    const birth = life.birth as Step;
    const steps = [origin, birth];
    if ('fields' in birth && field in birth.fields) return { start: origin.start, end: origin.end, steps };
    const { start, end } = this.makingOf(life);
    return { start, end, steps };
  }

  private copiedFrom({ parent, ...life }: Life, field: string, value: string): void {
    if (!parent) return;
    const key = textKey(parent.id, field);
    const copies = this.copiedTexts.get(key) ?? [];
    this.copiedTexts.set(key, [...copies, { value, ...this.makingOf({ ...life, parent }) }]);
  }

  /** Records that a session which began without a field had none to carry over. */
  private copyAbsence(life: Life, field: string, reads: readonly TextRead[]): void {
    const birth = life.birth as Step;
    if ('fields' in birth && field in birth.fields) return;
    if (!reads.some(({ value }) => value === ABSENT) || this.mayHaveFoundNothing(life)) return;
    this.copiedFrom(life, field, ABSENT);
  }

  /**
   * Returns the period in which a session carried over the fields of its parent. If the parent could not be read any more, it
   * has the fields that the request read when it arrived.
   */
  private makingOf(life: Life): { start: number; end: number; by: Step } {
    const by = life.birth as Step;
    const isHalfDone = by.f === 'sign-in' && by.isHalfDone;
    const isOld = isHalfDone || this.mayHaveFoundNothing(life);
    return { start: isOld ? this.lives.arrivalOf(by) : by.start, end: by.end, by };
  }

  /** Checks whether the parent may have ended before the sign-in that replaced it. */
  private mayHaveFoundNothing({ parent, birth }: Life): boolean {
    if (!parent || birth?.f !== 'sign-in') return false;
    return this.lives.endsOf(parent).some(({ step }) => step !== birth && step.start < birth.end);
  }
}

function writersOf({ steps, birth }: Life): Writer[] {
  const own = steps.filter((step) => step.f === 'write' || step.f === 'create');
  return birth?.f === 'sign-in' ? [birth, ...own] : own;
}

/** Returns the session that a step wrote to. */
function ownerOf(step: Writer): string | null {
  return step.f === 'sign-in' ? step.to : step.session;
}

function textReads({ steps }: Life, field: string): TextRead[] {
  return liveReads(steps).map((by) => {
    const { end, fields } = by;
    return { value: String(fields[field] ?? ABSENT), start: asOf(by), end, by };
  });
}

function numberReads({ steps }: Life, field: string): NumberRead[] {
  return liveReads(steps).map((by) => {
    const { end, fields } = by;
    const value = Number(fields[field] ?? 0);
    return { from: value, to: value, start: asOf(by), end, by };
  });
}

function liveReads(steps: readonly Step[]): StepOf<'read'>[] {
  return steps.filter(
    (step): step is StepOf<'read'> => step.f === 'read' && step.outcome === 'ok' && step.standing === 'live',
  );
}

function stranger(life: Life, text: string) {
  return { invariant: 'I5', session: life.id, text, suspects: [] } as const;
}

function textKey(one: string, other: string | number): string {
  return `${one} ${other}`;
}
