import type { Rules, Sample, SampledSession } from '../history.js';
import type { Anomaly, Invariant } from './anomaly.js';

/** A session is kept for a tenth longer than its idle timeout. */
const IDLE_WINDOW = 1.1;
/** Rounding, and what the script of a sample takes. */
const TTL_TOLERANCE_MS = 25;

/** Checks every sample of Redis: I3, I6, and I7. */
export function checkSamples(samples: readonly Sample[], rules: Rules): Anomaly[] {
  return samples.flatMap((sample) => [
    ...checkLimit(sample, rules.limit),
    ...sample.sessions.flatMap((session) => checkTtl(sample, session)),
    ...sample.strays.map((key) => anomaly('I6', sample, null, `the key ${key} never expires, or is unknown`)),
    ...checkIndexes(sample),
  ]);
}

function checkLimit(sample: Sample, limit: number): Anomaly[] {
  const counts = new Map<string, number>();
  for (const { user } of sample.sessions) if (user !== null) counts.set(user, (counts.get(user) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > limit)
    .map(([user, count]) =>
      anomaly('I3', sample, null, `${user} had ${count} live sessions at a limit of ${limit}`),
    );
}

function checkTtl(sample: Sample, { id, ttlMs, absoluteRestMs, idleMs }: SampledSession): Anomaly[] {
  const most = Math.min(absoluteRestMs, idleMs * IDLE_WINDOW) + TTL_TOLERANCE_MS;
  if (ttlMs > 0 && ttlMs <= most) return [];
  const text = ttlMs === -1 ? `${id} would live for ever` : `${id} would live for ${ttlMs} ms, not ${most}`;
  return [anomaly('I6', sample, id, text)];
}

/** Checks that an index names every live session at every moment, and at the end nothing else. */
function checkIndexes(sample: Sample): Anomaly[] {
  const indexed = new Map(sample.indexes.flatMap(({ user, sessions }) => sessions.map((id) => [id, user])));
  const live = new Set(sample.sessions.map(({ id }) => id));
  const missing = sample.sessions.filter(({ id, user }) => user !== null && indexed.get(id) !== user);
  const ghosts = sample.isFinal ? [...indexed.keys()].filter((id) => !live.has(id)) : [];
  return [
    ...missing.map(({ id, user }) => anomaly('I7', sample, id, `${id} is not in the index of ${user}`)),
    ...ghosts.map((id) => anomaly('I7', sample, id, `${id} is in an index and does not live`)),
  ];
}

function anomaly(invariant: Invariant, sample: Sample, session: string | null, text: string): Anomaly {
  return { invariant, session, text, at: sample.end, evidence: [sample], suspects: [] };
}
