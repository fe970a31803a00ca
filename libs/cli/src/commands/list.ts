import { describeSession, type SessionInfo } from 'nestjs-redis-session/core';
import { defineCommand } from '../command.js';
import { plural, printable, time } from '../terminal/text.js';

export const list = defineCommand({
  name: 'list',
  summary: "list a user's live sessions",
  description: [
    'Lists the live sessions of a user, latest sign-in first, in steps of a hundred. As in the application, entries of the index whose session has ended are removed on the way.',
    'The IDs are the public ones that SessionService and the events use. They open no session.',
  ],
  arguments: [{ usage: '<user>', description: 'ID of the user, as the application passes it to signIn()' }],
  examples: [
    { command: 'nestjs-session list alice', explanation: 'lists the sessions of alice' },
    {
      command: "nestjs-session list alice --json | jq -r '.sessions[].id'",
      explanation: 'prints the IDs alone',
    },
  ],
  exitCodes: { negative: 'the user has no session' },
  async run(context, [user = '']) {
    const { store } = await context.connect();
    const sessions = (await store.list(user)).map(describeSession);
    return {
      data: { user, sessions },
      text: (style) =>
        sessions.length === 0
          ? `${printable(user)} has no session.`
          : `${style.table(HEAD, sessions.map(rowOf))}\n\n${plural(sessions.length, 'session')}`,
      exit: sessions.length === 0 ? 'negative' : 'ok',
    };
  },
});

const HEAD = ['ID', 'SIGNED IN', 'LAST ACTIVE', 'ENDS', 'DEVICE', 'ADDRESS'];

function rowOf(session: SessionInfo): string[] {
  const { id, signedInAt, createdAt, lastActiveAt, idleEndAt, device, address } = session;
  return [
    id,
    time(signedInAt ?? createdAt),
    time(lastActiveAt),
    time(idleEndAt),
    device ?? 'unknown',
    address ?? 'unknown',
  ];
}
