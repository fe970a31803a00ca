import type { Instant, Rules, Step, StepOf } from '../history.js';
import type { Anomaly } from './anomaly.js';
import { asOf } from './copies.js';

/** Error of a process' estimate of Redis' time, beyond the deadline of the reply that it is based on. */
const CLOCK_TOLERANCE_MS = 100;

type Read = StepOf<'read'>;
type Rotate = StepOf<'rotate'>;

/**
 * Checks I2: a token has one successor, and is valid for the grace period once the store knows that the successor was seen,
 * then never; and I4: until then it is valid, and a rotation signs no client out.
 */
export function checkTokens(steps: readonly Step[], rules: Rules): Anomaly[] {
  const reads = new Map<string, Read[]>();
  const successions = new Map<string, Rotate[]>();
  for (const step of steps) {
    if (step.f === 'read') listOf(reads, step.token).push(step);
    if (step.f === 'rotate') listOf(successions, step.token).push(step);
  }
  const makers = new Map([...successions.values()].flat().map((step) => [step.to, step]));
  return [
    ...[...successions.values()].flatMap(findSecondSuccessor),
    ...[...reads].flatMap(([token, shown]) => findRefusals(shown, makers.get(token))),
    ...[...successions].flatMap(([token, rotations]) =>
      findBrokenGrace(reads.get(token) ?? [], rotations, reads, rules),
    ),
  ];
}

function findSecondSuccessor(rotations: Rotate[]): Anomaly[] {
  const [first] = rotations as [Rotate];
  const other = rotations.find(({ to }) => to !== first.to);
  if (!other) return [];
  const text = `the token ${first.token} has two successors, ${first.to} and ${other.to}`;
  return [anomaly('I2', other, text, [first, other], [first, other])];
}

/** Finds issued tokens that were treated as unknown. */
function findRefusals(shown: readonly Read[], maker: Rotate | undefined): Anomaly[] {
  const refusal = shown.find(({ standing }) => standing === 'none');
  if (!refusal) return [];
  const suspects = maker ? [maker] : [];
  const text = `the token ${refusal.token} was given to a client and then taken for forged`;
  return [anomaly('I4', refusal, text, [...suspects, refusal], suspects)];
}

function findBrokenGrace(
  shown: readonly Read[],
  rotations: readonly Rotate[],
  reads: ReadonlyMap<string, readonly Read[]>,
  { graceMs, deadlineMs }: Rules,
): Anomaly[] {
  const sightings = rotations.flatMap(({ to }) => reads.get(to) ?? []);
  const tolerance = deadlineMs + CLOCK_TOLERANCE_MS;
  const told = sightings.filter((read) => isLive(read) && !read.isUnconfirmed);
  const confirmed = earliest(told, ({ end }) => end);
  const asked = earliest(sightings, ({ start }) => start);
  const late = shown.find(
    (read) => isLive(read) && confirmed && asOf(read) > confirmed.end + graceMs + tolerance,
  );
  const early = shown.find(
    (read) => read.standing === 'superseded' && read.end < (asked?.start ?? Infinity) + graceMs - tolerance,
  );
  return [
    ...(late && confirmed
      ? [
          anomaly(
            'I2',
            late,
            `the token ${late.token} was valid after its grace period`,
            [confirmed, late],
            [confirmed],
          ),
        ]
      : []),
    ...(early
      ? [anomaly('I4', early, `the token ${early.token} was refused within its grace`, [early], [])]
      : []),
  ];
}

function isLive({ outcome, standing }: Read): boolean {
  return outcome === 'ok' && standing === 'live';
}

function earliest(reads: readonly Read[], moment: (read: Read) => Instant): Read | null {
  return reads.reduce<Read | null>(
    (first, read) => (first && moment(first) <= moment(read) ? first : read),
    null,
  );
}

function anomaly(
  invariant: 'I2' | 'I4',
  shown: Step & { session: string },
  text: string,
  evidence: readonly Step[],
  suspects: readonly Step[],
): Anomaly {
  return { invariant, session: shown.session, text, at: shown.end, evidence, suspects };
}

function listOf<Value>(lists: Map<string, Value[]>, key: string): Value[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
