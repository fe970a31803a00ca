import {
  type InspectionStep,
  LAYOUT_VERSION,
  type OrphanedEntry,
  restoreExpiry,
  type StoredKey,
  type StoredSession,
} from 'nestjs-redis-session/redis';
import type { SessionId } from 'nestjs-redis-session/core';
import { type CommandContext, defineCommand } from '../command.js';
import { type ConnectedRedis, NOTICE_TTL_MS } from '../connection/connect.js';
import { count, plural } from '../terminal/text.js';
import type { Style } from '../terminal/style.js';

interface Options {
  readonly fix?: boolean;
  readonly yes?: boolean;
}

/** The result of `scan`. */
interface ScanReport {
  keys: number;
  sessions: number;
  /** The number of sessions by the version of their layout; `none` for keys without one. */
  layouts: Record<string, number>;
  /** The number of sessions that this version cannot read, by the reason. */
  unreadable: Record<string, number>;
  /** The number of keys that never expire. */
  withoutExpiry: number;
  /** The number of users' sessions that no index names. */
  unindexed: number;
  /** The number of entries of indexes without a session. */
  orphans: number;
  /** The number of keys with the prefix that the module does not write. */
  foreign: number;
  /** The number of repairs of `--fix`. */
  fixed: number;
}

/** The problems of one step. */
interface Problems {
  readonly sessions: readonly StoredSession[];
  readonly keys: readonly StoredKey[];
  readonly unindexed: readonly SessionId[];
  readonly orphans: readonly OrphanedEntry[];
}

const NOTICE = { reason: 'revoked' } as const;

export const scan = defineCommand<Options>({
  name: 'scan',
  summary: 'examine every key, and repair what is wrong',
  description: [
    'Walks over all keys in steps of some 250, reads every session and every index, and reports: sessions by the version of their layout, unreadable sessions, keys that never expire, sessions that no index names, entries of indexes whose session does not exist, and keys of other applications. Redis serves the application in between.',
    '--fix repairs while it walks: a key that never expires gets the expiry of its timeouts; a session that no index names ends, as it would at its next write; an entry without a session is removed. Unreadable sessions stay, because another version of the application may use them; they expire by themselves.',
  ],
  options: [
    { flags: '--fix', description: 'repair what is wrong, after a question' },
    { flags: '--yes', description: 'do not ask' },
  ],
  examples: [
    { command: 'nestjs-session scan', explanation: 'reports what is stored, and changes nothing' },
    { command: 'nestjs-session scan --fix --yes', explanation: 'repairs without a question' },
  ],
  exitCodes: { ok: 'nothing is wrong, or everything was repaired', negative: 'something is wrong' },
  async run(context, _args, { fix = false, yes = false }) {
    const redis = await context.connect();
    const isConfirmed =
      fix && (yes || (await context.confirm('Repair the keys while the application runs?')));
    const report = await examine(context, redis, isConfirmed);
    const left = report.withoutExpiry + report.unindexed + report.orphans - report.fixed;
    const isHealthy = left === 0 && Object.keys(report.unreadable).length === 0;
    return {
      data: report,
      text: (style) => render(report, style),
      exit: isHealthy ? 'ok' : 'negative',
    };
  },
});

async function examine(context: CommandContext, redis: ConnectedRedis, fix: boolean): Promise<ScanReport> {
  const report: ScanReport = {
    ...{ keys: 0, sessions: 0, layouts: {}, unreadable: {} },
    ...{ withoutExpiry: 0, unindexed: 0, orphans: 0, foreign: 0, fixed: 0 },
  };
  const progress = context.progress('Scanning');
  try {
    for await (const step of redis.inspection.walk()) {
      const problems = await examineStep(redis, step, report);
      if (fix) report.fixed += await repair(redis, problems);
      progress.show(step.progress, `${count(report.sessions)} sessions`);
    }
    return report;
  } finally {
    progress.end();
  }
}

async function examineStep(
  { inspection }: ConnectedRedis,
  step: InspectionStep,
  report: ScanReport,
): Promise<Problems> {
  const sessions = await inspection.read(step);
  const immortal = sessions.filter(({ expiresInMs }) => expiresInMs === Infinity);
  const problems = {
    sessions: immortal,
    keys: await inspection.findImmortal(step),
    unindexed: await inspection.findUnindexed(step.node, sessions),
    orphans: await inspection.findOrphans(step),
  };
  report.keys += step.keys.length;
  report.sessions += sessions.length;
  report.withoutExpiry += problems.sessions.length + problems.keys.length;
  report.unindexed += problems.unindexed.length;
  report.orphans += problems.orphans.length;
  report.foreign += step.keys.filter(({ kind }) => kind === null).length;
  for (const { layout, problem } of sessions) {
    add(report.layouts, String(layout ?? 'none'));
    if (problem) add(report.unreadable, problem);
  }
  return problems;
}

/** Repairs the problems of a step, and returns the number of repairs. */
async function repair(
  { client, store, prefix, timeoutMs }: ConnectedRedis,
  problems: Problems,
): Promise<number> {
  const settings = { prefix, noticeTtlMs: NOTICE_TTL_MS, deadlineMs: timeoutMs };
  const { unindexed, orphans } = problems;
  let fixed = 0;
  for (const item of [...problems.sessions, ...problems.keys]) {
    if (await restoreExpiry(client, item, settings)) fixed += 1;
  }
  for (const id of unindexed) if (await store.revoke(id, NOTICE, null)) fixed += 1;
  // The list of a user removes the entries of the user's index that have no session.
  for (const userId of new Set(orphans.map((orphan) => orphan.userId))) await store.list(userId);
  return fixed + orphans.length;
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function render(report: ScanReport, style: Style): string {
  const problem = (number: number) => (number === 0 ? 'none' : { styled: style.bad(count(number)) });
  const parts = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, number]) => `${name}: ${count(number)}`)
      .join(', ') || 'none';
  const layouts = parts(report.layouts);
  return [
    style.list([
      ['Keys', count(report.keys)],
      ['Sessions', count(report.sessions)],
      ['Layouts', `${layouts}${layouts === 'none' ? '' : ` (this version reads ${LAYOUT_VERSION})`}`],
      ['Unreadable', parts(report.unreadable)],
      ['Without expiry', problem(report.withoutExpiry)],
      ['In no index', problem(report.unindexed)],
      ['Entries without a session', problem(report.orphans)],
      ['Keys of others', count(report.foreign)],
    ]),
    ...(report.fixed > 0 ? [style.good(`${plural(report.fixed, 'repair')} made.`)] : []),
  ].join('\n\n');
}
