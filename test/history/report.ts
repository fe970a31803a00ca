import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Anomaly, Invariant } from './checker/anomaly.js';
import { INVARIANTS } from './checker/anomaly.js';
import type { History, Instant, Sample, Step } from './history.js';
import type { Round } from './round.js';

const REPORTS = fileURLToPath(new URL('../../reports/', import.meta.url));
const SLICE_STEPS = 40;
const SHOWN_VIOLATIONS = 5;

/** Writes the whole history of a round to `reports/`, one JSON value a line, and answers the file's name. */
async function writeHistory({ site, seed, history }: Round): Promise<string> {
  await mkdir(REPORTS, { recursive: true });
  const file = `history-${site.replaceAll(/\W+/g, '-')}-${seed}.jsonl`;
  const { rules, steps, samples, faults, incidents } = history;
  const entries = [
    ...steps,
    ...samples,
    ...faults,
    ...incidents.map((incident) => ({ ...incident, start: incident.at })),
  ];
  entries.sort((one, other) => one.start - other.start);
  const lines = [rules, ...entries].map((entry) => JSON.stringify(entry));
  await writeFile(join(REPORTS, file), lines.join('\n') + '\n');
  return `reports/${file}`;
}

/** Describes a round in one line. */
export function describeRound({ site, seed, isCached, history: { steps, faults }, verdict }: Round): string {
  const { violations, losses } = verdict;
  const facts = [
    `${steps.length} operations`,
    ...(isCached ? [`${steps.filter(isFromMemory).length} of them reads from memory`] : []),
    `${faults.length} faults`,
    `${losses.length} lost`,
  ];
  return `seed ${seed} on ${site}: ${facts.join(', ')}, ${violations.length} violations`;
}

/** Writes the history of a failed round, and describes the problems, the file and the command that repeats the round. */
export async function describeFailure(round: Round): Promise<string> {
  const { site, seed, durationMs, isCached } = round;
  const options = `--topology ${site}${isCached ? ' --cache' : ''} --seed ${seed} --rounds 1`;
  return [
    describeViolations(round),
    `The whole history is in ${await writeHistory(round)}`,
    `Again: npm run test:soak -- ${options} --seconds ${durationMs / 1_000}`,
  ].join('\n\n');
}

/** Describes each anomaly with the part of the history that shows it. */
function describeViolations({ history, verdict }: Round): string {
  return verdict.violations
    .slice(0, SHOWN_VIOLATIONS)
    .map((anomaly) => {
      const { invariant, text } = anomaly;
      return [`${invariant}, ${INVARIANTS[invariant]}: ${text}`, ...sliceOf(history, anomaly)].join('\n');
    })
    .join('\n\n');
}

/** Returns the steps on the session in question and the faults between the first and the last piece of evidence. */
function sliceOf(history: History, { session, evidence, at }: Anomaly): string[] {
  const from = Math.min(at, ...evidence.map(({ start }) => start)) - 1;
  const to = Math.max(at, ...evidence.map(({ end }) => end).filter(Number.isFinite));
  const isNear = ({ start, end }: { start: Instant; end: Instant }) => end >= from && start <= to;
  const steps = history.steps.filter((step) => isNear(step) && concerns(step, session));
  const shown = new Set<Step>([...steps.slice(0, SLICE_STEPS / 2), ...steps.slice(-SLICE_STEPS / 2)]);
  for (const each of evidence) if (!('isFinal' in each)) shown.add(each);
  const events = [
    ...shown,
    ...evidence.filter((each) => 'isFinal' in each),
    ...history.faults.filter(isNear),
  ];
  events.sort((one, other) => one.start - other.start);
  const origin = history.steps[0]?.start ?? 0;
  return events.map((event) => {
    const { start, end, ...rest } = event;
    const time = [start, end].map((moment) => (moment - origin).toFixed(1)).join('–');
    return `  ${time} ${'isFinal' in event ? describeSample(event, session) : JSON.stringify(rest)}`;
  });
}

function concerns(step: Step, session: string | null): boolean {
  return session !== null && JSON.stringify(step).includes(session);
}

function describeSample({ sessions, indexes }: Sample, session: string | null): string {
  const seen = sessions.filter(({ id }) => id === session);
  const users = indexes.filter(({ sessions: ids }) => session === null || ids.includes(session));
  return `sample ${JSON.stringify({ sessions: seen, indexes: users })}`;
}

function isFromMemory(step: Step): boolean {
  return step.f === 'read' && step.isCopy === true;
}

/** Totals of many rounds. */
export class Summary {
  private rounds = 0;
  private givenUp = 0;
  private readonly outcomes = { ok: 0, fail: 0, info: 0 };
  private readonly faults = new Map<string, number>();
  private readonly losses = new Map<string, number>();
  private readonly unseen = new Map<string, number>();
  private readonly violations = new Map<Invariant, number>();
  private halfDone = 0;
  private readonly reads = { all: 0, fromMemory: 0 };
  private samples = 0;
  private most = 0;

  add({ history, verdict }: Round): void {
    this.rounds += 1;
    this.samples += history.samples.length;
    for (const step of history.steps) {
      this.outcomes[step.outcome] += 1;
      if (step.f === 'sign-in' && step.isHalfDone && step.outcome === 'ok') this.halfDone += 1;
      if (step.f === 'read') this.reads.all += 1;
      if (isFromMemory(step)) this.reads.fromMemory += 1;
    }
    for (const { name } of history.faults) count(this.faults, name);
    for (const { step, isForGood } of verdict.losses) count(isForGood ? this.losses : this.unseen, step.f);
    for (const { invariant } of verdict.violations) count(this.violations, invariant);
    this.most = Math.max(this.most, ...history.samples.map(mostSessions));
  }

  /** Counts a round that could not be completed. @returns the number of such rounds */
  giveUp(): number {
    return ++this.givenUp;
  }

  /** Returns the totals as a table in Markdown. */
  toString(site: string): string {
    const { ok, fail, info } = this.outcomes;
    const rows = [
      ['rounds', this.givenUp === 0 ? this.rounds : `${this.rounds}, and ${this.givenUp} given up`],
      ['operations', ok + fail + info],
      ['ok / fail / unknown', `${ok} / ${fail} / ${info}`],
      ['reads, and those from memory among them', `${this.reads.all}, ${this.reads.fromMemory}`],
      ['looks at Redis', this.samples],
      ['most sessions of one user', this.most],
      ['faults', listed(this.faults)],
      ...Object.entries(INVARIANTS).map(([name, meaning]) => {
        const broken = this.violations.get(name as Invariant) ?? 0;
        return [`${name}: ${meaning}`, broken === 0 ? 'held' : `BROKEN ${broken} times`];
      }),
      ['acknowledged, then lost by a failover or a restart', listed(this.losses)],
      ['acknowledged, and missed only while the failover lasted', listed(this.unseen)],
      ['sign-ins whose second step failed', this.halfDone],
    ];
    return [`| ${site} | |`, '| --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
  }
}

function mostSessions({ sessions }: Sample): number {
  const counts = new Map<string, number>();
  for (const { user } of sessions) if (user !== null) count(counts, user);
  return Math.max(0, ...counts.values());
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const entries = [...counts].sort(([one], [other]) => one.localeCompare(other));
  return entries.map(([name, times]) => `${name} ${times}`).join(', ') || 'none';
}
