import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { overTls } from '../../docs/examples/topologies.js';
import type { RedisTarget } from '../../libs/session/src/redis/client.js';
import { log } from '../support/log-book.js';
import { startApp } from '../support/app.js';
import type { Certificate } from '../support/certificate.js';
import { makeCertificate } from '../support/certificate.js';
import { onEachPlatform } from '../support/platforms.js';
import { canRunTopologies, HOST } from '../support/redis-node.js';
import type { RedisServer } from '../support/redis-server.js';
import { freePort, startRedisServer } from '../support/redis-server.js';
import { Stage, staged } from '../support/stage.js';

const USER = 'app';
const PASSWORD = 'correct:horse@battery/staple';
const WRONG = 'hunter2-hunter2';

let folder: string;
let own: Certificate;
let server: RedisServer;
let port: number;

(canRunTopologies ? describe : describe.skip)('a Redis that demands TLS and a user', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'session-tls-'));
    own = makeCertificate();
    const [certificate, key] = [join(folder, 'redis.crt'), join(folder, 'redis.key')];
    await Promise.all([writeFile(certificate, own.certificate), writeFile(key, own.key)]);
    port = await freePort();
    const tls = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key];
    const users = ['--user', 'default', 'off', '--user', USER, 'on', `>${PASSWORD}`, '~*', '+@all'];
    server = await startRedisServer({ args: [...tls, '--tls-auth-clients', 'no', ...users] });
    process.env['REDIS_CA'] = certificate;
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
    ])('serves an application that was given %s', async (_what, target) => {
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
      ['a certificate of nobody we trust', () => urlWith(WRONG), /self.signed certificate/],
      ['another authority', () => trusting(makeCertificate()), /self.signed certificate/],
      ['no TLS', () => ({ host: HOST, port, username: USER, password: WRONG }), /./],
    ])('does not start with %s, says why, and never says the password', async (_what, target, reason) => {
      log.turnPage();
      const error: unknown = await startApp(platform, { session: { redis: target() } }).catch(
        (failure: unknown) => failure,
      );
      expect(error).toMatchObject({ name: 'SessionOptionsError' });
      expect(String(error)).toMatch(/expected a server that answers at 127\.0\.0\.1:\d+, but /);
      expect(String(error)).toMatch(reason);
      const all =
        inspect(error, { depth: Infinity, showHidden: true }) + log.lines.map(({ text }) => text).join('\n');
      expect(all).not.toContain(WRONG);
      expect(all).not.toContain(encodeURIComponent(WRONG));
    });
  });
});

function urlWith(password: string): string {
  return `rediss://${USER}:${encodeURIComponent(password)}@${HOST}:${port}`;
}

function trusting({ certificate }: Certificate): RedisTarget {
  return { url: urlWith(WRONG), options: { tls: { ca: certificate } } };
}
