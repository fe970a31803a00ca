import type { History, Instant, Sample, Step, StepOf, Timeouts } from '../history.js';
import { asOf } from './copies.js';

/** A step that made a session. */
export type Birth = StepOf<'create' | 'regenerate' | 'sign-in'>;

/** That a session was there, or was not, at some moment in a span of time. */
export interface Sighting {
  readonly start: Instant;
  readonly end: Instant;
  readonly by: Step | Sample;
}

/** A step that ended a session, or may have. */
export interface End {
  readonly step: Step;
  readonly isCertain: boolean;
}

/** Everything in a history about one session. */
export interface Life {
  readonly id: string;
  /** `null`: its maker never learned that it had made it. */
  readonly birth: Birth | null;
  /** The session whose fields it began with. */
  readonly parent: Life | null;
  readonly user: string | null;
  readonly timeouts: Timeouts;
  /** From when on its absolute timeout counts. */
  readonly clockBirth: Birth | null;
  readonly seen: Sighting[];
  readonly missed: Sighting[];
  readonly ends: End[];
  /** Steps on the session, in no particular order. */
  readonly steps: Step[];
}

/** The sessions of a history. */
export class Lives {
  private readonly byId = new Map<string, Life>();
  private readonly byUser = new Map<string, Life[]>();
  /** Steps that may have ended any session of a user. */
  private readonly endsOfUser = new Map<string, End[]>();
  private readonly arrivals = new Map<number, Instant>();

  constructor(history: History) {
    const { steps, samples, rules } = history;
    for (const step of [...steps].sort((one, other) => one.start - other.start)) {
      if (step.f === 'read') this.arrivals.set(step.request, asOf(step));
      if (isBirth(step)) this.bear(step, rules.timeouts);
    }
    for (const step of steps) this.enter(step);
    // While servers change their roles, the one that is looked at need not be the one that clients talk to.
    const blurs = history.faults.filter(({ mayLoseSince }) => mayLoseSince !== null);
    const isSharp = ({ start, end }: Sample) => !blurs.some((blur) => end >= blur.start && start <= blur.end);
    for (const sample of samples) if (isSharp(sample)) this.enterSample(sample);
    for (const life of this.all()) {
      for (const sightings of [life.seen, life.missed])
        sightings.sort((one, other) => one.start - other.start);
    }
  }

  all(): Life[] {
    return [...this.byId.values()];
  }

  get(id: string): Life {
    const known = this.byId.get(id);
    return known ?? this.add({ id, birth: null, parent: null, user: null, ...UNKNOWN });
  }

  /** Steps that ended a session, or may have. */
  endsOf(life: Life): readonly End[] {
    const ofUser = life.user === null ? undefined : this.endsOfUser.get(life.user);
    return ofUser ? [...life.ends, ...ofUser] : life.ends;
  }

  /** Returns the time at which the request of a step read its session. */
  arrivalOf(step: Step): Instant {
    return this.arrivals.get(step.request) ?? step.start;
  }

  private bear(birth: Birth, defaults: Timeouts): void {
    const id = bornIn(birth);
    const begun = { id, birth, parent: null, user: null, timeouts: defaults, clockBirth: birth };
    if (birth.f === 'create') {
      this.add(begun);
    } else if (birth.f === 'sign-in') {
      const { user, timeouts, keeps, session } = birth;
      this.add({ ...begun, user, timeouts, parent: keeps && session !== null ? this.get(session) : null });
    } else {
      const parent = this.get(birth.session);
      const { user, timeouts, clockBirth } = parent;
      this.add({ ...begun, user, timeouts, clockBirth, parent });
    }
  }

  private add(life: Omit<Life, 'seen' | 'missed' | 'ends' | 'steps'>): Life {
    const entered: Life = { ...life, seen: [], missed: [], ends: [], steps: [] };
    this.byId.set(life.id, entered);
    if (life.user !== null) listOf(this.byUser, life.user).push(entered);
    return entered;
  }

  private enter(step: Step): void {
    if (isBirth(step)) this.see(bornIn(step), step);
    if ('session' in step && step.session !== null) this.get(step.session).steps.push(step);
    switch (step.f) {
      case 'read':
        if (step.outcome === 'ok') this.note(step.session, step.standing !== 'dead', step);
        return;
      case 'write':
      case 'increment':
      case 'update':
      case 'touch':
        if (step.outcome === 'ok' || step.isGone) this.note(step.session, step.outcome === 'ok', step);
        return;
      case 'regenerate':
        if (step.outcome === 'ok' || step.isGone) this.note(step.session, step.outcome === 'ok', step);
        return this.end(step.session, step);
      case 'sign-out':
        if (step.isGone) this.note(step.session, false, step);
        return this.end(step.session, step);
      case 'discard':
        return this.end(step.session, step);
      case 'revoke':
        if (step.outcome === 'ok') this.note(step.session, step.found === true, step);
        return this.end(step.session, step);
      case 'sign-in':
        return this.enterSignIn(step);
      case 'revoke-all':
        return this.enterRevocation(step);
      case 'list':
        return this.enterList(step);
      case 'create':
      case 'rotate':
        return;
    }
  }

  private enterSignIn(step: StepOf<'sign-in'>): void {
    if (step.session !== null) this.end(step.session, step, step.outcome === 'ok' && !step.isHalfDone);
    for (const id of step.evicted) {
      this.see(id, step);
      this.end(id, step);
    }
    if (step.outcome === 'info') listOf(this.endsOfUser, step.user).push({ step, isCertain: false });
  }

  /** Records a revocation, which ends every earlier session and may end those that were created while it ran. */
  private enterRevocation(step: StepOf<'revoke-all'>): void {
    if (step.outcome === 'info') listOf(this.endsOfUser, step.user).push({ step, isCertain: false });
    if (step.outcome !== 'ok') return;
    for (const id of step.ended) this.see(id, step);
    const ended = new Set(step.ended);
    for (const life of this.byUser.get(step.user) ?? []) {
      if (life.id === step.except || !life.birth || life.birth.start > step.end) continue;
      const isCertain = ended.has(life.id) || life.birth.end < step.start;
      life.ends.push({ step, isCertain });
    }
  }

  private enterList(step: StepOf<'list'>): void {
    if (step.outcome !== 'ok') return;
    const listed = new Set(step.sessions);
    for (const id of listed) this.see(id, step);
    this.missOthers(this.byUser.get(step.user) ?? [], listed, step);
  }

  private enterSample(sample: Sample): void {
    const found = new Set(sample.sessions.map(({ id }) => id));
    for (const id of found) this.see(id, sample);
    if (sample.isComplete) this.missOthers(this.all(), found, sample);
  }

  private missOthers(lives: readonly Life[], found: ReadonlySet<string>, by: Step | Sample): void {
    const { start, end } = by;
    for (const life of lives) {
      if (!life.birth || life.birth.end > start || found.has(life.id)) continue;
      if (isSample(by) && isSample(life.missed.at(-1)?.by)) continue; // once is enough: an ended session stays ended
      life.missed.push({ start, end, by });
    }
  }

  private note(id: string, isThere: boolean, by: Step): void {
    this.get(id)[isThere ? 'seen' : 'missed'].push({ start: asOf(by), end: by.end, by });
  }

  private see(id: string, by: Step | Sample): void {
    const { start, end } = by;
    this.get(id).seen.push({ start, end, by });
  }

  private end(id: string, step: Step, isCertain = step.outcome === 'ok'): void {
    if (step.outcome !== 'fail') this.get(id).ends.push({ step, isCertain });
  }
}

export function isSample(by: Step | Sample | undefined): by is Sample {
  return by !== undefined && 'isFinal' in by;
}

const UNKNOWN = { timeouts: { idleMs: Infinity, absoluteMs: Infinity }, clockBirth: null };

function isBirth(step: Step): step is Birth {
  if (step.outcome !== 'ok') return false;
  return step.f === 'create' || ((step.f === 'regenerate' || step.f === 'sign-in') && step.to !== null);
}

/** Returns the session that a step created. */
function bornIn(birth: Birth): string {
  return birth.f === 'create' ? birth.session : (birth.to as string);
}

function listOf<Key, Value>(lists: Map<Key, Value[]>, key: Key): Value[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
