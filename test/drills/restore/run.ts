// `npm run drill:restore [-- --sessions 1000000] [--write]`: restores each kind of backup, and prints or writes the figures.
import { parseArgs } from 'node:util';
import { startRedisServer } from '../../support/redis-server.js';
import { Redis } from 'ioredis';
import { runOn, writeFigures } from '../page.js';
import { drill, type RestoreFigures, type Seed, sow } from './drill.js';
import type { Persistence } from './server.js';

const PAGE = 'docs/operations/backup.md';
const KINDS: readonly Persistence[] = ['rdb', 'aof-everysec', 'aof-always'];
const TITLES: Readonly<Record<Persistence, string>> = {
  rdb: 'RDB, a snapshot taken before the changes',
  'aof-everysec': 'AOF `everysec`, the disk of the killed process',
  'aof-always': 'AOF `always`, the disk of the killed process',
};

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    write: { type: 'boolean', default: false },
  },
});
const sessions = Number(values.sessions);
if (!Number.isInteger(sessions) || sessions < 100) {
  throw new Error(`--sessions: expected a whole number of at least 100, received ${values.sessions}.`);
}

console.error(`Signing ${sessions.toLocaleString('en')} users in`);
const seed = await sow(sessions);
const all: RestoreFigures[] = [];
try {
  for (const kind of KINDS) {
    console.error(`Restoring: ${kind}`);
    all.push(await drill(kind, seed));
  }
} finally {
  await seed.close();
}
const figures = tableOf(seed, all, await serverVersion());
if (values.write) writeFigures(PAGE, 'drill:restore -- --write', figures);
else console.log(figures);
if (
  all.some(({ stillLive, keepsLaterSignIn, left }) => stillLive.length > 0 || !keepsLaterSignIn || left !== 1)
) {
  throw new Error('An ended session is live after the revocation, or a later sign-in is not.');
}

function tableOf({ sessions, usedMemory }: Seed, rows: readonly RestoreFigures[], version: string): string {
  return [
    `${runOn(version)}: ${sessions.toLocaleString('en')} users with one session each, ${inMb(usedMemory)} of memory. ` +
      'Between the backup and the failure, 60 sessions ended and 30 users signed in.',
    '',
    '| Backup | Size | Time to take it | Lost sign-ins | Ended sessions that were live again | Start with this data | Revocation | Sessions it ended | Ended sessions still live |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows.map(
      (row) =>
        `| ${TITLES[row.persistence]} | ${inMb(row.backupBytes)} | ${row.backupMs === null ? '' : inSeconds(row.backupMs)} | ` +
        `${row.lostSignIns} of 30 | ${row.revived.length} of 60 | ${inSeconds(row.loadMs)} | ${inSeconds(row.revokeMs)} | ` +
        `${row.revoked.toLocaleString('en')} | ${row.stillLive.length} |`,
    ),
  ].join('\n');
}

function inMb(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 1 : 0)} MiB`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function serverVersion(): Promise<string> {
  const server = await startRedisServer();
  const client = new Redis(server.url);
  const info = await client.info('server');
  client.disconnect();
  await server.stop();
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
  return valkey ? `Valkey ${valkey}` : `Redis ${/redis_version:(\S+)/.exec(info)?.[1]}`;
}
