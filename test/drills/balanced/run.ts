// `npm run drill:rolling-restart [-- --users 20] [--write]`: restarts processes and promotes a replica under load.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ensureHaproxy } from '../../../scripts/haproxy-binary.mjs';
import { runOn, writeFigures } from '../page.js';
import { loadDuring, type LoadFigures } from './load.js';
import { BalancedSite } from './site.js';

const PAGE = 'docs/operations/load-balancer.md';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
  },
});
const users = Number(values.users);
if (!Number.isInteger(users) || users < 1 || users > 100) {
  throw new Error(`--users: expected a whole number from 1 to 100, received ${values.users}.`);
}

const rows: [string, LoadFigures][] = [];
const during = async (what: string, site: BalancedSite, happening: () => Promise<unknown>) => {
  console.error(what);
  rows.push([what, await loadDuring(site, users, happening)]);
};

const site = await BalancedSite.start();
try {
  await during('Rolling restart of the three processes', site, () => site.restartInTurn());
  await during('`SENTINEL FAILOVER`: a replica becomes the master', site, () => site.redis.failover('order'));
} finally {
  await site.stop();
}
const hasty = await BalancedSite.start({ drainMs: 0 });
try {
  await during('Rolling restart with `DRAIN_MS=0`, for comparison', hasty, () => hasty.restartInTurn());
} finally {
  await hasty.stop();
}

const figures = tableOf(rows);
if (values.write) writeFigures(PAGE, 'drill:rolling-restart -- --write', figures);
else console.log(figures);
const [, restart] = rows[0] ?? [];
if (restart && (restart.failures.length > 0 || restart.lost > 0)) {
  throw new Error(`The rolling restart lost requests or sessions: ${JSON.stringify(restart.failures)}`);
}

function tableOf(all: readonly [string, LoadFigures][]): string {
  return [
    `${runOn(haproxyVersion())}, by ${users} users who read and write without a pause, everything on one machine:`,
    '',
    '| While | Requests | Failed requests | Reads without the user, or with an older value | Longest response |',
    '| --- | --: | --- | --: | --: |',
    ...all.map(
      ([what, { requests, failures, lost, longestMs }]) =>
        `| ${what} | ${requests.toLocaleString('en')} | ${failuresOf(failures)} | ${lost} | ${Math.round(longestMs)} ms |`,
    ),
  ].join('\n');
}

function failuresOf(failures: LoadFigures['failures']): string {
  const counts = new Map<string, number>();
  for (const { outcome } of failures) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const parts = [...counts].map(([outcome, count]) => `${count} × ${outcome}`);
  return parts.length === 0 ? '0' : parts.join(', ');
}

function haproxyVersion(): string {
  const { stdout } = spawnSync(ensureHaproxy(), ['-v'], { encoding: 'utf8' });
  return `haproxy ${/version (\d[\d.]*)/.exec(stdout)?.[1] ?? 'of an unknown version'}`;
}
