import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisStore, type RedisTarget } from 'nestjs-redis-session';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis, type RedisConnection } from '../support/white-box.js';
import { makeCertificate } from '../support/certificate.js';
import { runCli, runCliJson } from '../support/cli.js';
import { startCluster } from '../support/redis-cluster.js';
import { canRunTopologies, HOST, RedisNode } from '../support/redis-node.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { freePort } from '../support/redis-server.js';

const PREFIX = 'session:';
const DEADLINE_MS = 5_000;
const USERS = 30;
const MINUTE_MS = 60_000;

type Env = Record<string, string>;
interface Doctor {
  readonly checks: readonly { name: string; status: string; message: string; server: string | null }[];
}

function addresses(nodes: readonly { host: string; port: number }[]): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(',');
}

function storeOn({ client }: RedisConnection): RedisStore {
  return new RedisStore(client, { prefix: PREFIX, deadlineMs: DEADLINE_MS, noticeTtlMs: MINUTE_MS });
}

async function fill(target: RedisTarget): Promise<void> {
  const connection = await openRedis(target, DEADLINE_MS, () => undefined);
  const store = storeOn(connection);
  for (let user = 0; user < USERS; user += 1) await store.signIn(plainSignIn(`user-${user}`));
  await connection.close();
}

/** Runs the commands one after another, from a healthy state to one without sessions. */
async function runAll(env: Env): Promise<Doctor> {
  expect(await runCliJson(['stats'], env)).toMatchObject({
    code: 0,
    data: { sessions: USERS, users: USERS },
  });
  const list = await runCliJson<{ sessions: { id: string }[] }>(['list', 'user-1'], env);
  const id = list.data.sessions[0]?.id as string;
  expect((await runCli(['show', id], env)).code).toBe(0);
  expect(await runCliJson(['scan'], env)).toMatchObject({
    code: 0,
    data: { sessions: USERS, orphans: 0, unindexed: 0, withoutExpiry: 0 },
  });
  const doctor = await runCliJson<Doctor>(['doctor'], env);
  expect(doctor.data.checks.filter(({ status }) => status === 'error')).toEqual([]);
  expect(await runCliJson(['revoke', id, '--yes'], env)).toMatchObject({ code: 0, data: { ended: 1 } });
  expect(await runCliJson(['revoke', '--user', 'user-2', '--yes'], env)).toMatchObject({
    data: { ended: 1 },
  });
  expect(await runCliJson(['revoke', '--everyone', '--yes'], env)).toMatchObject({
    code: 0,
    data: { ended: USERS - 2 },
  });
  expect(await runCliJson(['stats'], env)).toMatchObject({ data: { sessions: 0, users: 0 } });
  return doctor.data;
}

(canRunTopologies ? describe : describe.skip)('nestjs-session', () => {
  it(
    'runs all commands on the master behind Sentinels',
    async () => {
      const topology = await startSentinel();
      try {
        await fill(topology.target);
        const { sentinels, name } = topology.target;
        const env = { REDIS_SENTINELS: addresses(sentinels), REDIS_MASTER: name };
        const { checks } = await runAll(env);
        expect(checks).toContainEqual(
          expect.objectContaining({
            name: 'replication',
            message: expect.stringContaining('2 replicas') as string,
          }),
        );
        const unknown = await runCli(['stats', '--master', 'unknown'], env);
        expect(unknown.code).toBe(3);
        expect(unknown.stderr).toMatch(/^Error: The Sentinels do not lead to /);
      } finally {
        await topology.stop();
      }
    },
    2 * MINUTE_MS,
  );

  it(
    'runs all commands on all masters of a Cluster',
    async () => {
      const topology = await startCluster();
      try {
        await fill(topology.target);
        const env = { REDIS_NODES: addresses(topology.target.cluster) };
        const { checks } = await runAll(env);
        const servers = new Set(
          checks.filter(({ name }) => name === 'permissions').map(({ server }) => server),
        );
        expect(servers.size).toBe(3);
        const [node] = topology.target.cluster as [{ host: string; port: number }];
        const single = await runCli(['stats'], { REDIS_URL: `redis://${node.host}:${node.port}` });
        expect(single.code).toBe(3);
        expect(single.stderr).toMatch(/is a node of a Cluster: name its nodes with --cluster/);
      } finally {
        await topology.stop();
      }
    },
    2 * MINUTE_MS,
  );

  it(
    'runs all commands over TLS as an ACL user, with the permissions that it prints',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'session-cli-tls-'));
      const files = { ca: join(folder, 'redis.crt'), key: join(folder, 'redis.key') };
      const { certificate, key } = makeCertificate();
      await Promise.all([writeFile(files.ca, certificate), writeFile(files.key, key)]);
      const port = await freePort();
      const tls = ['--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-ca-cert-file', files.ca];
      const node = await RedisNode.start({
        args: [...tls, '--tls-cert-file', files.ca, '--tls-key-file', files.key],
      });
      try {
        await allow(node, ['--for', 'operator', '--user', 'ops']);
        await node.ask('ACL', 'LOG', 'RESET');
        await fill({ host: HOST, port: node.port });
        const url = `rediss://ops:PASSWORD@${HOST}:${port}`;
        await runAll({ REDIS_URL: url, REDIS_CA: files.ca });
        expect(await node.ask('ACL', 'LOG')).toEqual([]);
        const untrusted = await runCli(['stats'], { REDIS_URL: url });
        expect(untrusted.code).toBe(3);
        expect(untrusted.stderr).toMatch(/^Error: The certificate of Redis at .* is not trusted .*--ca/);
        expect(untrusted.stderr).not.toContain('PASSWORD');
      } finally {
        await node.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
    MINUTE_MS,
  );
});

/** Gives a user exactly the permissions that the command `acl` prints. */
async function allow(node: RedisNode, args: readonly string[]): Promise<void> {
  const { data } = await runCliJson<{ command: string }>(['acl', ...args], {});
  const [command, ...words] = data.command.split(' ');
  await node.ask(command as string, ...words);
}
