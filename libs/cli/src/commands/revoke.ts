import type { EndedSession, SessionId } from 'nestjs-redis-session/core';
import { isSessionError } from 'nestjs-redis-session/core';
import type { StoredSession } from 'nestjs-redis-session/redis';
import { type CommandContext, type CommandResult, defineCommand } from '../command.js';
import type { ConnectedRedis } from '../connection/connect.js';
import { Failure, usageFailure } from '../failure.js';
import { sessionIdIn } from '../session-id.js';
import { count, plural, printable } from '../terminal/text.js';

interface Options {
  readonly user?: string;
  readonly everyone?: boolean;
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
  ],
  arguments: [
    { usage: '[id]', description: 'public ID of the session, unless --user or --everyone is given' },
  ],
  options: [
    { flags: '--user <user>', description: 'end all sessions of this user' },
    { flags: '--everyone', description: 'end the sessions of all users, and all anonymous ones' },
    { flags: '--except <id>', description: 'keep this session, with --user or --everyone' },
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
  const { user, everyone, except } = options;
  const targets = [id, user, everyone].filter((target) => target !== undefined);
  if (targets.length !== 1) {
    throw usageFailure(
      `expected one of the ID of a session, --user or --everyone, received ${targets.length === 0 ? 'none' : 'several'}.`,
    );
  }
  if (id !== undefined && except !== undefined) throw usageFailure('--except needs --user or --everyone.');
  const kept = except === undefined ? null : sessionIdIn(except);
  if (id !== undefined) return oneSession(context, sessionIdIn(id));
  return user === undefined ? allSessions(context, kept) : sessionsOf(context, user, kept);
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

async function allSessions(context: CommandContext, except: SessionId | null): Promise<Revocation> {
  const redis = await context.connect();
  const expected = await countSessions(context, redis, except);
  return {
    expected,
    subject: `all ${plural(expected, 'session')} with the prefix ${redis.prefix} at ${printable(redis.place)}`,
    run: () => endAll(context, redis, expected, except),
  };
}

async function countSessions(
  context: CommandContext,
  { inspection }: ConnectedRedis,
  except: SessionId | null,
): Promise<number> {
  const progress = context.progress('Counting');
  let sessions = 0;
  try {
    for await (const step of inspection.walk()) {
      sessions += step.keys.filter(({ sessionId }) => sessionId !== null && sessionId !== except).length;
      progress.show(step.progress, `${count(sessions)} sessions`);
    }
    return sessions;
  } finally {
    progress.end();
  }
}

async function endAll(
  context: CommandContext,
  { store, place }: ConnectedRedis,
  expected: number,
  except: SessionId | null,
): Promise<number> {
  const progress = context.progress('Ending');
  let ended = 0;
  const onEnded = (sessions: readonly EndedSession[]) => {
    ended += sessions.length;
    progress.show(Math.min(ended / expected, 1), `${count(ended)} of ${count(expected)} sessions`);
  };
  try {
    await store.revokeEveryone(NOTICE, { except, signedInBefore: null }, onEnded);
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
