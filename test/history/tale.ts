import type {
  Deed,
  Fault,
  History,
  Incident,
  Instant,
  Outcome,
  Rules,
  Sample,
  SampledSession,
  Step,
} from './history.js';

export const RULES: Rules = {
  limit: 3,
  timeouts: { idleMs: 600_000, absoluteMs: 3_600_000 },
  graceMs: 400,
  deadlineMs: 400,
  stalenessMs: null,
};

const NOBODY = { standing: 'live', user: null, fields: {} } as const;

type Given<F extends Deed['f']> = Extract<Deed, { readonly f: F }>;

/** A history written step by step. Without explicit times, each step begins after the previous one has ended. */
export class Tale {
  private readonly steps: Step[] = [];
  private readonly samples: Sample[] = [];
  private readonly faults: Fault[] = [];
  private readonly incidents: Incident[] = [];
  private now = 0;
  private requests = 0;
  private process = 0;

  /** @param rules what is subject to other rules than usual */
  constructor(private readonly rules: Partial<Rules> = {}) {}

  /** Sets the process of the next steps. */
  on(process: number): this {
    this.process = process;
    return this;
  }

  step(deed: Deed, outcome: Outcome = 'ok', [start, end] = this.next()): this {
    const request = ++this.requests;
    const { process } = this;
    this.steps.push({ ...deed, request, process, start, end, outcome });
    return this;
  }

  /** Adds a step that failed because the session has ended. */
  refused(deed: Deed): this {
    const [start, end] = this.next();
    const request = ++this.requests;
    this.steps.push({ ...deed, request, process: 0, start, end, outcome: 'fail', isGone: true });
    return this;
  }

  create(session: string, fields = {}): this {
    return this.step({ f: 'create', session, fields });
  }

  read(session: string, given: Partial<Given<'read'>> = {}, time?: [Instant, Instant]): this {
    return this.step({ f: 'read', session, token: `${session}-token`, ...NOBODY, ...given }, 'ok', time);
  }

  write(session: string, value: string, outcome?: Outcome, time?: [Instant, Instant]): this {
    return this.step({ f: 'write', session, fields: { shared: value } }, outcome, time);
  }

  increment(session: string, sum: number | null, outcome?: Outcome): this {
    return this.step({ f: 'increment', session, field: 'count', by: 1, sum }, outcome);
  }

  regenerate(session: string, to: string | null, outcome?: Outcome): this {
    return this.step({ f: 'regenerate', session, to }, outcome);
  }

  signIn(user: string, to: string | null, given: Partial<Given<'sign-in'>> = {}, outcome?: Outcome): this {
    const blank = { session: null, keeps: false, fields: {}, evicted: [], isHalfDone: false };
    return this.step({ f: 'sign-in', user, to, timeouts: RULES.timeouts, ...blank, ...given }, outcome);
  }

  signOut(session: string, outcome?: Outcome): this {
    return this.step({ f: 'sign-out', session }, outcome);
  }

  sample(sessions: readonly Partial<SampledSession>[], given: Partial<Sample> = {}): this {
    const [start, end] = this.next();
    const ttl = { ttlMs: 1_000, absoluteRestMs: 2_000, idleMs: 2_000 };
    const full = sessions.map((session) => ({ id: 'any', user: null, ...ttl, ...session }));
    const users = [...new Set(full.map(({ user }) => user))].filter((user) => user !== null);
    const indexes = users.map((user) => ({
      user,
      sessions: full.filter((session) => session.user === user).map(({ id }) => id),
    }));
    const state = { isFinal: false, isComplete: true, sessions: full, indexes, strays: [] };
    this.samples.push({ start, end, ...state, ...given });
    return this;
  }

  /** @param mayLoseForMs how long before it acknowledged operations may be lost; `null`: none may */
  fault(mayLoseForMs: number | null): this {
    const [start, end] = this.next();
    const mayLoseSince = mayLoseForMs === null ? null : start - mayLoseForMs;
    this.faults.push({ name: 'fault', start, end, mayLoseSince });
    return this;
  }

  incident(kind: Incident['kind']): this {
    this.incidents.push({ kind, at: this.now, text: 'something' });
    return this;
  }

  /** Lets time pass. */
  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  get history(): History {
    const { steps, samples, faults, incidents } = this;
    return { rules: { ...RULES, ...this.rules }, steps, samples, faults, incidents };
  }

  private next(): [Instant, Instant] {
    this.now += 10;
    return [this.now - 5, this.now];
  }
}
