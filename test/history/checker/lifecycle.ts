import type { Instant, StepOf } from '../history.js';
import type { Anomaly } from './anomaly.js';
import type { End, Life, Lives, Sighting } from './lives.js';

/** An operation of unknown outcome takes effect within this time or never: no server is held up for longer. */
const UNKNOWN_HORIZON_MS = 10_000;
/** Tolerance for late expiry in Redis and for times rounded to milliseconds. */
const CLOCK_TOLERANCE_MS = 5;
/** A session is kept for a tenth longer than its idle timeout. */
const IDLE_WINDOW = 1.1;

/** Checks I1, I2: ended sessions are not seen again; I4: others exist; I5, I6: their users and lifetimes. */
export function checkLifecycle(lives: Lives): Anomaly[] {
  return lives
    .all()
    .flatMap((life) => [
      ...findResurrections(life),
      ...findDisappearance(lives, life),
      ...findStrangers(life),
      ...findOutlived(life),
    ]);
}

function findResurrections(life: Life): Anomaly[] {
  const last = life.seen.at(-1);
  if (!last) return [];
  return life.ends.flatMap(({ step, isCertain }) => {
    if (!isCertain || last.start <= step.end) return [];
    const sighting = life.seen.find(({ start }) => start > step.end) as Sighting;
    const isReplaced = step.f === 'regenerate' || (step.f === 'sign-in' && step.session === life.id);
    return {
      invariant: isReplaced ? 'I2' : 'I1',
      session: life.id,
      text: `${life.id} was seen after ${step.f} of request ${step.request} had ended it`,
      at: last.end,
      evidence: [step, sighting.by],
      suspects: [step],
    };
  });
}

function findDisappearance(lives: Lives, life: Life): Anomaly[] {
  const { birth } = life;
  if (!birth) return [];
  const unexplained = life.missed.find((absence) => !isExplained(lives, life, absence));
  if (!unexplained) return [];
  return [
    {
      invariant: 'I4',
      session: life.id,
      text: `${life.id} is missing, and nothing has ended it`,
      at: (life.missed.at(-1) as Sighting).end,
      evidence: [birth, unexplained.by],
      suspects: [birth],
    },
  ];
}

function isExplained(lives: Lives, life: Life, absence: Sighting): boolean {
  const isCause = ({ step, isCertain }: End) =>
    step.start < absence.end &&
    (isCertain || step.start + UNKNOWN_HORIZON_MS >= lastSeenBefore(life, absence.start));
  return lives.endsOf(life).some(isCause) || absence.end >= earliestExpiry(life, absence.start);
}

function lastSeenBefore(life: Life, moment: Instant): Instant {
  let last = -Infinity;
  for (const { start } of life.seen) if (start < moment) last = start;
  return last;
}

/** Returns the earliest possible expiry of a session, as far as is known at a moment. */
function earliestExpiry({ steps, birth, clockBirth, timeouts }: Life, moment: Instant): Instant {
  const activity = steps.filter(
    ({ f, outcome, end }) => outcome === 'ok' && end <= moment && RECORDS_ACTIVITY.has(f),
  );
  const lastActive = activity.reduce(
    (latest, { start }) => Math.max(latest, start),
    birth?.start ?? -Infinity,
  );
  const idleEnd = lastActive + timeouts.idleMs * IDLE_WINDOW;
  const absoluteEnd = (clockBirth?.start ?? -Infinity) + timeouts.absoluteMs;
  return Math.min(idleEnd, absoluteEnd) - CLOCK_TOLERANCE_MS;
}

const RECORDS_ACTIVITY: ReadonlySet<string> = new Set(['write', 'increment', 'update', 'touch']);

function findStrangers({ id, birth, user, steps }: Life): Anomaly[] {
  if (!birth) return [];
  const read = steps.find(
    (step): step is StepOf<'read'> =>
      step.f === 'read' && step.outcome === 'ok' && step.standing === 'live' && step.user !== user,
  );
  if (!read) return [];
  const text = `${id} is ${user ?? 'nobody'}'s and was read as ${read.user ?? 'nobody'}'s`;
  return [{ invariant: 'I5', session: id, text, at: read.end, evidence: [birth, read], suspects: [] }];
}

function findOutlived({ id, clockBirth, timeouts, seen }: Life): Anomaly[] {
  if (!clockBirth) return [];
  const end = clockBirth.end + timeouts.absoluteMs + CLOCK_TOLERANCE_MS;
  // A copy is not kept for longer than its session lives, so it has no more time than any other answer.
  const sighting = seen.find(({ by }) => by.start > end);
  if (!sighting) return [];
  const text = `${id} was seen ${Math.round(sighting.by.start - end)} ms after its absolute end`;
  return [
    {
      invariant: 'I6',
      session: id,
      text,
      at: sighting.end,
      evidence: [clockBirth, sighting.by],
      suspects: [],
    },
  ];
}
