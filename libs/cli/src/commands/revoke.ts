import type { BulkSelection, EndedSession, SessionId } from 'nestjs-redis-session/core';
import { isSelected, isSessionError } from 'nestjs-redis-session/core';
import type { InspectionStep, StoredSession } from 'nestjs-redis-session/redis';
import { type CommandContext, type CommandResult, defineCommand } from '../command.js';
import type { ConnectedRedis } from '../connection/connect.js';
import { Failure, usageFailure } from '../failure.js';
import { type PointInTime, timeOf } from '../parse.js';
import { sessionIdIn } from '../session-id.js';
import { count, plural, printable } from '../terminal/text.js';

interface Options {
  readonly user?: string;
  readonly everyone?: boolean;
  readonly signedInBefore?: PointInTime;
  readonly except?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** The sessions that a call ends. */
interface Revocation {
  /** The number of sessions that end. */
  readonly expected: number;
  /** Names the sessions in a question, such as `the 2 sessions of alice`. */
  readonly subject: string;
  /** Ends the sessions and returns their number. */
  run(): Promise<number>;
}

const NOTICE = { reason: 'revoked' } as const;

export const revoke = defineCommand<Options>({
  name: 'revoke',
  summary: 'end one session, those of a user, or all',
  description: [
    'Ends sessions at once. Their clients get 401 with the reason "revoked" at their next request, and the application emits no event, because it does not end the sessions itself.',
    'Shows what would end and asks first. Without a terminal, --yes or --dry-run is required.',
    '--everyone walks over all keys twice, in small steps, so that Redis serves the application in between. If it fails, some sessions have ended: the same command ends the rest.',
    '--signed-in-before does the same for the sessions that began before a time: those of users with their sign-in, anonymous ones with their creation. After a restore from a backup, sessions that had ended are live again: run it with the time of the restore, or with "now" before the application serves users.',
  ],
  arguments: [
    { usage: '[id]', description: 'public ID of the session, unless --user or --everyone is given' },
  ],
  options: [
    { flags: '--user <user>', description: 'end all sessions of this user' },
    { flags: '--everyone', description: 'end the sessions of all users, and all anonymous ones' },
    {
      flags: '--signed-in-before <time>',
      description: 'end the sessions of all that began before this time: 2026-01-31T12:00:00Z, or now',
      parse: timeOf,
    },
    { flags: '--except <id>', description: 'keep this session, with every option that ends several' },
    { flags: '--yes', description: 'do not ask' },
    { flags: '--dry-run', description: 'show what would end, and end nothing' },
  ],
  examples: [
    {
      command: 'nestjs-session revoke --user alice',
      explanation: 'ends all sessions of alice, after a question',
    },
    {
      command: 'nestjs-session revoke --everyone --dry-run',
      explanation: 'counts the sessions that would end',
    },
    {
      command: 'nestjs-session revoke --signed-in-before 2026-01-31T12:00:00Z',
      explanation: 'ends the sessions that a restore at noon has revived',
    },
  ],
  exitCodes: { negative: 'there is no such session, or the question was not answered with yes' },
  async run(context, [id], options) {
    const planned = await plan(context, id, options);
    if (planned.expected === 0) return nothing(options);
    if (options.dryRun) return wouldEnd(planned);
    if (!options.yes && !(await context.confirm(`End ${planned.subject}?`))) return notConfirmed();
    const ended = await planned.run();
    return {
      data: { ended, dryRun: false },
      text: (style) => style.good(`${plural(ended, 'session')} ended.`),
      exit: ended === 0 ? 'negative' : 'ok',
    };
  },
});

function plan(context: CommandContext, id: string | undefined, options: Options): Promise<Revocation> {
  const { user, everyone, signedInBefore, except } = options;
  const targets = [id, user, everyone ?? signedInBefore].filter((target) => target !== undefined);
  if (targets.length !== 1) {
    throw usageFailure(
      `expected one of the ID of a session, --user, --everyone or --signed-in-before, received ${targets.length === 0 ? 'none' : 'several'}.`,
    );
  }
  if (id !== undefined && except !== undefined) throw usageFailure('--except needs --user or --everyone.');
  const kept = except === undefined ? null : sessionIdIn(except);
  if (id !== undefined) return oneSession(context, sessionIdIn(id));
  return user === undefined ? allSessions(context, kept, signedInBefore) : sessionsOf(context, user, kept);
}

async function oneSession(context: CommandContext, id: SessionId): Promise<Revocation> {
  const { store, inspection } = await context.connect();
  const stored = await inspection.find(id);
  return {
    expected: stored ? 1 : 0,
    subject: `the session ${id} of ${ownerOf(stored)}`,
    run: async () => ((await store.revoke(id, NOTICE, null)) ? 1 : 0),
  };
}

function ownerOf(stored: StoredSession | null): string {
  if (!stored?.record) return 'a user that this version cannot read';
  const { userId } = stored.record;
  return userId === null ? 'an anonymous client' : `the user ${printable(userId)}`;
}

async function sessionsOf(
  context: CommandContext,
  user: string,
  except: SessionId | null,
): Promise<Revocation> {
  const { store } = await context.connect();
  const expected = (await store.list(user)).filter(({ id }) => id !== except).length;
  return {
    expected,
    subject: `${plural(expected, 'session')} of ${printable(user)}`,
    run: async () => (await store.revokeAll(user, NOTICE, except)).length,
  };
}

async function allSessions(
  context: CommandContext,
  except: SessionId | null,
  before: PointInTime | undefined,
): Promise<Revocation> {
  const redis = await context.connect();
  const signedInBefore = before === undefined ? null : await millisecondsOf(before, redis);
  const selection = { except, signedInBefore };
  const expected = await countSessions(context, redis, selection);
  const which = signedInBefore === null ? '' : ` that began before ${new Date(signedInBefore).toISOString()}`;
  return {
    expected,
    subject: `all ${plural(expected, 'session')}${which} with the prefix ${redis.prefix} at ${printable(redis.place)}`,
    run: () => endAll(context, redis, expected, selection),
  };
}

/** Returns a point in time by the clock of Redis, in milliseconds. The first reply brings the clock of the store up to date. */
async function millisecondsOf(time: PointInTime, { store }: ConnectedRedis): Promise<number> {
  if (time !== 'now') return time.getTime();
  await store.ping();
  return Math.ceil(store.now());
}

async function countSessions(
  context: CommandContext,
  { inspection }: ConnectedRedis,
  selection: BulkSelection,
): Promise<number> {
  const progress = context.progress('Counting');
  let sessions = 0;
  try {
    for await (const step of inspection.walk()) {
      sessions += await countSelected(inspection, step, selection);
      progress.show(step.progress, `${count(sessions)} sessions`);
    }
    return sessions;
  } finally {
    progress.end();
  }
}

/** Returns the number of selected sessions among the keys of a step. Reads the sessions only if their time matters. */
async function countSelected(
  inspection: ConnectedRedis['inspection'],
  step: InspectionStep,
  selection: BulkSelection,
): Promise<number> {
  const { except, signedInBefore } = selection;
  if (signedInBefore === null) {
    return step.keys.filter(({ sessionId }) => sessionId !== null && sessionId !== except).length;
  }
  const sessions = await inspection.read(step);
  return sessions.filter(({ id, record }) => (record ? isSelected(record, selection) : id !== except)).length;
}

async function endAll(
  context: CommandContext,
  { store, place }: ConnectedRedis,
  expected: number,
  selection: BulkSelection,
): Promise<number> {
  const progress = context.progress('Ending');
  let ended = 0;
  const onEnded = (sessions: readonly EndedSession[]) => {
    ended += sessions.length;
    progress.show(Math.min(ended / expected, 1), `${count(ended)} of ${count(expected)} sessions`);
  };
  try {
    await store.revokeEveryone(NOTICE, selection, onEnded);
    return ended;
  } catch (error) {
    if (!isSessionError(error)) throw error;
    throw new Failure(
      'failed',
      `${printable(error.detail).replace(/\.$/, '')} (${printable(place)}), after ${plural(ended, 'session')} had ended. Run the command again to end the rest.`,
      { cause: error },
    );
  } finally {
    progress.end();
  }
}

function nothing({ dryRun = false }: Options): CommandResult {
  return { data: { ended: 0, dryRun }, text: () => 'There is no such session.', exit: 'negative' };
}

function wouldEnd({ expected, subject }: Revocation): CommandResult {
  return { data: { ended: 0, wouldEnd: expected, dryRun: true }, text: () => `Would end ${subject}.` };
}

function notConfirmed(): CommandResult {
  return { data: { ended: 0, dryRun: false }, text: () => 'No session ended.', exit: 'negative' };
}
