import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SizeResult } from '../../libs/cli/src/commands/size.js';
import { runCommand } from './support/command-line.js';
import { MeasuredRedis } from './support/measurement.js';
import { type Shape, SHAPES } from './support/shapes.js';

const STANDARD = SHAPES[1] as Shape;
const SESSIONS = 3_000;
const USERS = 1_000;
const TOLERANCE = 0.1;
/** Of 500 sessions a number is estimated to 4.5 % (its standard deviation), so no run reaches this bound by chance. */
const SAMPLE = 500;
const SAMPLE_TOLERANCE = 0.3;
/** A user whose rights are those of an application, without CONFIG, MEMORY and other administration. */
const FEW_RIGHTS = [
  'on',
  '>secret',
  '~session:*',
  '&*',
  '-@all',
  '+@read',
  '+info',
  '+ping',
  '+time',
  '+time',
  '+client',
  '+dbsize',
  '-memory',
];

let redis: MeasuredRedis;
let folder: string;
/** Memory of the sessions with their indexes and the tables of keys. */
let sessionsBytes: number;

beforeAll(async () => {
  redis = await MeasuredRedis.start();
  await redis.fill(STANDARD, 1, 1); // the server keeps the script
  const before = await redis.settledMemory();
  await redis.fill(STANDARD, SESSIONS, USERS);
  sessionsBytes = (await redis.settledMemory()) - before;
  folder = await mkdtemp(join(tmpdir(), 'sizing-'));
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

async function sizeOf(...args: string[]): Promise<SizeResult> {
  const { exitCode, stdout, stderr } = await runCommand('size', ...args, '--json');
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as SizeResult;
}

function expectClose(value: number, expected: number, tolerance = TOLERANCE): void {
  expect(Math.abs(value / expected - 1)).toBeLessThan(tolerance);
}

describe('nestjs-session size', () => {
  it('samples the shapes and the numbers of sessions and users of the running Redis', async () => {
    const { workload, plan } = await sizeOf(
      '--url',
      redis.url,
      '--sample',
      String(SAMPLE),
      '--sign-ins',
      '0',
    );
    expect(workload.shapes).toBe(SAMPLE);
    expectClose(workload.sessions, SESSIONS, SAMPLE_TOLERANCE);
    expectClose(workload.users, USERS, SAMPLE_TOLERANCE);
    expect(workload.calibration).toBeCloseTo(1, 2);
    const { sessions, indexes, keyTables } = plan.memory;
    expectClose(sessions + indexes + keyTables, sessionsBytes, SAMPLE_TOLERANCE);
  });

  it('takes the shapes of the sample for another number of sessions', async () => {
    const few = await sizeOf('--url', redis.url, '--sample');
    const many = await sizeOf('--url', redis.url, '--sample', '--sessions', '3000000');
    expectClose(many.plan.memory.sessions / few.plan.memory.sessions, 3_000_000 / few.workload.sessions);
    expectClose(many.workload.users, 1_000_000);
  });

  it("reads lengths of the application's fields, and no values", async () => {
    const before = await redis.callsOf('hgetall');
    await sizeOf('--url', redis.url, '--sample');
    expect(await redis.callsOf('hgetall')).toBe(before);
    expect(await redis.callsOf('hstrlen')).toBeGreaterThan(0);
  });

  it('takes defaults in place of what the ACL user may not read, and names the commands', async () => {
    await redis.client.call('ACL', 'SETUSER', 'operator', ...FEW_RIGHTS);
    const url = redis.url.replace('//', '//operator:secret@');
    const { plan, rejected } = await sizeOf('--url', url, '--sample');
    expect(rejected).toEqual(expect.arrayContaining(['CONFIG GET', 'MEMORY MALLOC-STATS', 'MEMORY USAGE']));
    expect(plan.sessionBytes).toBeGreaterThan(200);
  });

  it('shows which sizes of a file fit, with their prices', async () => {
    const file = join(folder, 'sizes.json');
    const sizes = [
      { name: 'small', memoryGiB: 0.25, pricePerHour: 0.02 },
      { name: 'large', memoryGiB: 4, networkGbit: 5, pricePerHour: 0.2 },
    ];
    await writeFile(file, JSON.stringify(sizes));
    const args = ['--sessions', '1000000', '--replicas', '1', '--nodes', file];
    const { sizes: fits } = await sizeOf(...args);
    expect(fits?.map(({ size: { name }, fits: does }) => [name, does])).toEqual([
      ['large', true],
      ['small', false],
    ]);
    const { stdout } = await runCommand('size', ...args);
    expect(stdout).toMatch(/2 SERVERS A MONTH/);
    expect(stdout).toMatch(/large +yes +\d+\.\d % +\d+\.\d % +292/);
  });

  it.each([
    [['--sessions', '0'], /--sessions: expected a whole number of at least 1, received "0"/],
    [[], /expected --sessions <count>, or --sample .* received neither/],
    [['--sessions', '5', '--users', '6'], /--users: expected at most as many as sessions \(5\), received 6/],
    [
      ['--sessions', '5', '--active', '6'],
      /--active: expected at most as many as sessions \(5\), received 6/,
    ],
    [['--sessions', '5', '--hit-rate', '95'], /--hit-rate: expected a number from 0 to 1, received "95"/],
    [['--sessions', '5', '--fields', 'email'], /--fields: expected names with lengths .* received "email"/],
    [
      ['--sessions', '5', '--masters', '2', '--sentinel-count', '3'],
      /either --sentinel-count or several --masters/,
    ],
    [
      ['--sessions', '5', '--nodes', '/nowhere'],
      /--nodes: expected a file that can be read, received "\/nowhere"/,
    ],
    [['--sessions', '5', '--capacity', '/nowhere'], /--capacity: expected a file that can be read/],
  ])('rejects %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCommand('size', ...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('rejects a sample of a Redis without sessions', async () => {
    const { exitCode, stderr } = await runCommand(
      'size',
      '--sample',
      '--url',
      redis.url,
      '--prefix',
      'other:',
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/expected sessions with the prefix "other:", found none/);
  });
});
