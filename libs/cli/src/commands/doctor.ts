import { writeFileSync } from 'node:fs';
import { readServerFacts, serverOf } from 'nestjs-redis-session/redis';
import { defineCommand } from '../command.js';
import type { ConnectedRedis } from '../connection/connect.js';
import type { Check, CheckStatus } from '../doctor/check.js';
import { driftChecks, type Expectation, expectationOf, readExpectation } from '../doctor/expectation.js';
import { permissionChecks } from '../doctor/permission-checks.js';
import { prefixChecks, sampleKeys } from '../doctor/prefix-checks.js';
import { replicationChecks } from '../doctor/replication-checks.js';
import { serverChecks } from '../doctor/server-checks.js';
import { readState, type State } from '../doctor/state.js';
import { timingChecks } from '../doctor/timing-checks.js';
import { usageFailure } from '../failure.js';
import { NEEDS_OPTIONS, needsOf, type NeedsOptions } from '../permission-needs.js';
import { plural } from '../terminal/text.js';
import type { Style } from '../terminal/style.js';

interface Options extends NeedsOptions {
  readonly expect?: string;
  readonly save?: string;
  readonly strict?: boolean;
}

export const doctor = defineCommand<Options>({
  name: 'doctor',
  summary: 'check Redis for problems with sessions',
  description: [
    'Makes the checks of the start of the application and more: version, TLS, authentication, eviction policy, memory, persistence, replication, latency, clock, permissions, Lua scripts, the prefix, the layout and the expiry of stored sessions. In a Cluster, checks every master.',
    'Run it as the ACL user of the application: permissions are checked by trying each command on a key that exists for an instant. Redis records denied commands in its ACL log.',
    '--expect compares the state with a file that is checked in, for CI: maxmemory-policy, maxmemory, versions, the rule of the ACL user, and the timeouts of sampled sessions. Each difference is an error. --save writes such a file from the present state.',
  ],
  options: [
    { flags: '--expect <file>', description: 'JSON file to compare the state with' },
    { flags: '--save <file>', description: 'write the present state to a file for --expect' },
    { flags: '--strict', description: 'treat warnings as errors' },
    ...NEEDS_OPTIONS,
  ],
  examples: [
    { command: 'nestjs-session doctor', explanation: 'checks the Redis of REDIS_URL' },
    {
      command: 'nestjs-session doctor --save redis.expect.json',
      explanation: 'writes the present state to a file to check in',
    },
    {
      command: 'nestjs-session doctor --strict --expect redis.expect.json',
      explanation: 'fails a CI job on any warning and any drift',
    },
  ],
  exitCodes: {
    ok: 'no problem was found',
    negative: 'an error or a drift was found; with --strict, a warning',
  },
  async run(context, _args, options) {
    const expected = options.expect === undefined ? null : readExpectation(options.expect);
    const redis = await context.connect();
    const { checks, state } = await examine(redis, options, expected);
    if (expected) checks.push(...driftChecks(expected, state));
    if (options.save !== undefined) save(options.save, state);
    const isHealthy = !checks.some(({ status }) => isProblem(status, options));
    return {
      data: { healthy: isHealthy, checks, state },
      text: (style) => render(checks, style),
      exit: isHealthy ? 'ok' : 'negative',
    };
  },
});

async function examine(
  redis: ConnectedRedis,
  options: Options,
  expected: Expectation | null,
): Promise<{ checks: Check[]; state: State }> {
  const servers = await Promise.all(
    redis.inspection.masters.map(async (node) => {
      const address = serverOf(node);
      const facts = await readServerFacts(node);
      const timing = await timingChecks(address, node);
      return {
        facts,
        checks: [...serverChecks(address, facts), ...replicationChecks(address, facts), ...timing],
      };
    }),
  );
  const sample = await sampleKeys(redis);
  const facts = servers.map((server) => server.facts);
  return {
    checks: [
      ...servers.flatMap(({ checks }) => checks),
      ...(await permissionChecks(redis, needsOf(options))),
      ...prefixChecks(redis.prefix, sample),
    ],
    state: await readState(redis, facts, {
      sessions: sample?.sessions ?? [],
      // Redis logs the command if it is denied.
      withAcl: expected?.acl !== undefined || options.save !== undefined,
    }),
  };
}

function isProblem(status: CheckStatus, { strict = false }: Options): boolean {
  return status === 'error' || (strict && status === 'warning');
}

function save(file: string, state: State): void {
  try {
    writeFileSync(file, `${JSON.stringify(expectationOf(state), null, 2)}\n`);
  } catch (error) {
    throw usageFailure(`--save: the file cannot be written: ${(error as Error).message}.`);
  }
}

function render(checks: readonly Check[], style: Style): string {
  const severalServers = new Set(checks.map(({ server }) => server)).size > 2;
  const rows = checks.map(({ name, status, server, message }) => [
    { styled: styled(status, style) },
    severalServers && server !== null ? `${name} (${server})` : name,
    message,
  ]);
  const number = (wanted: CheckStatus) => checks.filter(({ status }) => status === wanted).length;
  const [errors, warnings] = [number('error'), number('warning')];
  const summary = `${plural(checks.length, 'check')}, ${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
  return `${style.table([], rows)}\n\n${errors > 0 ? style.bad(summary) : style.title(summary)}`;
}

function styled(status: CheckStatus, style: Style): string {
  if (status === 'ok') return style.good('ok');
  if (status === 'error') return style.bad('error');
  return style.warning(status);
}
