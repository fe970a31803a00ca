import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { overTls } from '../../docs/examples/topologies.js';
import { RedisStore, type RedisTarget } from 'nestjs-redis-session';
import { openRedis } from '../support/white-box.js';
import { log } from '../support/log-book.js';
import { startApp } from '../support/app.js';
import type { Certificate } from '../support/certificate.js';
import { makeCertificate } from '../support/certificate.js';
import { onEachPlatform } from '../support/platforms.js';
import { freePairOfPorts } from '../support/redis-cluster.js';
import { canRunTopologies, HOST, RedisNode } from '../support/redis-node.js';
import type { RedisServer } from '../support/redis-server.js';
import { freePort, startRedisServer } from '../support/redis-server.js';
import { Stage, staged } from '../support/stage.js';
import { until } from '../support/until.js';

const USER = 'app';
const PASSWORD = 'correct:horse@battery/staple';
const DEADLINE_MS = 2_000;
const WRONG = 'hunter2-hunter2';

let folder: string;
let own: Certificate;
let certificateFile: string;
let keyFile: string;
let server: RedisServer;
let port: number;

(canRunTopologies ? describe : describe.skip)('a Redis that demands TLS and a user', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'session-tls-'));
    own = makeCertificate();
    [certificateFile, keyFile] = [join(folder, 'redis.crt'), join(folder, 'redis.key')];
    await Promise.all([writeFile(certificateFile, own.certificate), writeFile(keyFile, own.key)]);
    port = await freePort();
    const users = ['--user', 'default', 'off', '--user', USER, 'on', `>${PASSWORD}`, '~*', '+@all'];
    server = await startRedisServer({ args: [...tlsArgs(port), ...users] });
    process.env['REDIS_CA'] = certificateFile;
    process.env['REDIS_URL'] = urlWith(PASSWORD);
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  onEachPlatform((platform) => {
    it.each([
      ['a URL with options', () => overTls().redis as RedisTarget],
      [
        'options',
        () => ({ host: HOST, port, username: USER, password: PASSWORD, tls: { ca: own.certificate } }),
      ],
    ])('an application connects over TLS with %s', async (_what, target) => {
      const stage = new Stage();
      const app = await startApp(platform, {
        ...staged(stage),
        session: { redis: target(), cookie: { secure: 'auto' } },
      });
      stage.on('login', (_session, request) => app.sessions.signIn(request, { id: 'alice' }));
      stage.on('whoami', (_session, request) => app.sessions.describe(request)?.userId);
      const client = app.client();
      expect((await client.post('/stage/login')).status).toBe(200);
      expect((await client.get('/stage/whoami')).text).toBe('alice');
      await app.stop();
    });

    it.each<[string, () => RedisTarget, RegExp]>([
      [
        'the wrong password',
        () => ({ url: urlWith(WRONG), options: { tls: { ca: own.certificate } } }),
        /WRONGPASS/,
      ],
      ['no password', () => ({ host: HOST, port, tls: { ca: own.certificate } }), /NOAUTH/],
      ['an untrusted certificate', () => urlWith(WRONG), /self.signed certificate/],
      ['another authority', () => trusting(makeCertificate()), /self.signed certificate/],
      ['no TLS', () => ({ host: HOST, port, username: USER, password: WRONG }), /./],
    ])(
      '%s stops the start with a message that gives the reason without the password',
      async (_what, target, reason) => {
        log.turnPage();
        const error: unknown = await startApp(platform, { session: { redis: target() } }).catch(
          (failure: unknown) => failure,
        );
        expect(error).toMatchObject({ name: 'SessionOptionsError' });
        expect(String(error)).toMatch(/expected a server that answers at 127\.0\.0\.1:\d+, but /);
        expect(String(error)).toMatch(reason);
        const all =
          inspect(error, { depth: Infinity, showHidden: true }) +
          log.lines.map(({ text }) => text).join('\n');
        expect(all).not.toContain(WRONG);
        expect(all).not.toContain(encodeURIComponent(WRONG));
      },
    );
  });

  it('a Cluster is reached with the certificate authority for all nodes', async () => {
    const tlsPort = await freePairOfPorts();
    const cluster = ['--cluster-enabled', 'yes', '--tls-cluster', 'yes', '--cluster-announce-ip', HOST];
    const node = await RedisNode.start({ args: [...tlsArgs(tlsPort), ...cluster] });
    try {
      await node.ask('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
      await until('slots that are served', 5_000, async () => {
        return (await node.info('CLUSTER', 'INFO'))['cluster_state'] === 'ok';
      });
      const redisOptions = { tls: { ca: own.certificate } };
      const nodes = [{ host: HOST, port: tlsPort }];
      expect(await isEncrypted({ cluster: nodes, options: { redisOptions } }, node)).toBe(true);
    } finally {
      await node.stop();
    }
  });

  it('a server behind Sentinel is reached with the certificate authority for both', async () => {
    const [masterPort, sentinelPort] = [await freePort(), await freePort()];
    const master = await RedisNode.start({ args: tlsArgs(masterPort) });
    const config = `sentinel monitor sessions ${HOST} ${masterPort} 1`;
    const args = ['--sentinel', '--tls-replication', 'yes', ...tlsArgs(sentinelPort)];
    const sentinel = await RedisNode.start({ args, config });
    try {
      const tls = { ca: own.certificate };
      const sentinels = [{ host: HOST, port: sentinelPort }];
      const target = { sentinels, name: 'sessions', tls, sentinelTLS: tls, enableTLSForSentinelMode: true };
      expect(await isEncrypted(target, master)).toBe(true);
    } finally {
      await sentinel.stop();
      await master.stop();
    }
  });
});

function tlsArgs(tlsPort: number): string[] {
  const files = [
    '--tls-cert-file',
    certificateFile,
    '--tls-key-file',
    keyFile,
    '--tls-ca-cert-file',
    certificateFile,
  ];
  return ['--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...files];
}

/** Returns true if a client of the module works over TLS, as its connections are on the port that accepts only TLS. */
async function isEncrypted(target: RedisTarget, node: RedisNode): Promise<boolean> {
  const { client, close } = await openRedis(target, DEADLINE_MS, () => undefined);
  try {
    const store = new RedisStore(client, {
      prefix: 'session:',
      deadlineMs: DEADLINE_MS,
      noticeTtlMs: 60_000,
    });
    await store.signIn(plainSignIn('alice'));
    const list = String(await node.ask('CLIENT', 'LIST'))
      .trim()
      .split('\n');
    const ours = list.filter((line) => /cmd=evalsha|cmd=eval/.test(line));
    return ours.length > 0 && ours.every((line) => !line.includes(`laddr=${HOST}:${node.port} `));
  } finally {
    await close();
  }
}

function urlWith(password: string): string {
  return `rediss://${USER}:${encodeURIComponent(password)}@${HOST}:${port}`;
}

function trusting({ certificate }: Certificate): RedisTarget {
  return { url: urlWith(WRONG), options: { tls: { ca: certificate } } };
}
