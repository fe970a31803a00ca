import { bytesOf, describeSession, type SessionEnd, type SessionRecord } from 'nestjs-redis-session/core';
import { defineCommand } from '../command.js';
import { sessionIdIn } from '../session-id.js';
import { bytes, duration, printable, time } from '../terminal/text.js';
import type { Style } from '../terminal/style.js';

export const show = defineCommand({
  name: 'show',
  summary: 'show one session, or why it ended',
  description: [
    'Shows the facts of a session, and the names and sizes of its fields. Values of fields, tokens and their digests are not shown. Reading is no activity: it does not extend the session.',
    'If the session has ended, shows the reason for as long as the module keeps it (the option "endReasons").',
  ],
  arguments: [{ usage: '<id>', description: 'public ID of the session' }],
  examples: [
    {
      command: 'nestjs-session show K9gQf8G6uTZzswhB4zaRCjszB',
      explanation: 'shows the session, or the reason of its end',
    },
  ],
  exitCodes: { negative: 'there is no such session' },
  async run(context, [text = '']) {
    const id = sessionIdIn(text);
    const { store } = await context.connect();
    const record = await store.load(id);
    if (record) return { data: dataOf(record), text: (style) => render(record, style) };
    const end = await store.endOf(id);
    return {
      data: { id, session: null, end: end && { ...end, at: end.at === null ? null : new Date(end.at) } },
      text: () => endText(end),
      exit: 'negative',
    };
  },
});

function dataOf(record: SessionRecord): object {
  const { persistent, own = [], idleMs, rotation, fields } = record;
  return {
    id: record.id,
    session: {
      ...describeSession(record),
      persistent,
      idleMs,
      ownLifetimes: own,
      rotatedAt: rotation && new Date(rotation.at),
      bytes: bytesOf(fields),
      fields: fieldSizes(record),
    },
    end: null,
  };
}

/** Returns the name of each field with the size of its value, the largest first. */
function fieldSizes({ fields }: SessionRecord): { name: string; bytes: number }[] {
  return [...fields]
    .map(([name, value]) => ({ name, bytes: Buffer.byteLength(value) }))
    .sort((one, other) => other.bytes - one.bytes);
}

function render(record: SessionRecord, style: Style): string {
  const info = describeSession(record);
  const { persistent, own = [], idleMs, rotation, fields } = record;
  const isIdle = idleMs < Number.MAX_SAFE_INTEGER;
  const facts = style.list([
    ['ID', info.id],
    ['User', info.userId ?? 'anonymous'],
    ['Device', info.device ?? 'unknown'],
    ['Address', info.address ?? 'unknown'],
    ['Created', time(info.createdAt)],
    ['Signed in', info.signedInAt ? time(info.signedInAt) : 'never'],
    ['Last active', time(info.lastActiveAt)],
    ['Ends without activity', isIdle ? `${time(info.idleEndAt)} (idle ${duration(idleMs)})` : 'never'],
    ['Ends in any case', time(info.absoluteEndAt)],
    ['Own lifetimes', own.join(', ') || 'none'],
    ['Cookie', persistent ? 'outlives the browser' : 'ends with the browser'],
    ['Token exchanged', rotation ? time(new Date(rotation.at)) : 'never'],
    ['Data', `${bytes(bytesOf(fields))} in ${fields.size} fields`],
  ]);
  if (fields.size === 0) return facts;
  const rows = fieldSizes(record).map((field) => [field.name, bytes(field.bytes)]);
  return `${facts}\n\n${style.table(['FIELD', 'SIZE'], rows)}`;
}

function endText(end: SessionEnd | null): string {
  if (!end) return 'There is no such session. It has expired, has ended long ago, or never existed.';
  const at = end.at === null ? '' : ` at ${time(new Date(end.at))}`;
  const { device, address } = end.by ?? {};
  const by = device || address ? ` by ${printable([device, address].filter(Boolean).join(', '))}` : '';
  return `The session ended${at}: ${printable(end.reason)}${by}.`;
}
