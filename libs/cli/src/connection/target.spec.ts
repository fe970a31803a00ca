import type { ConnectionOptions } from './options.js';
import { targetOf } from './target.js';

function options(given: Partial<ConnectionOptions>): ConnectionOptions {
  return { prefix: 'session:', timeout: 1_000, ...given };
}

describe('the address of Redis', () => {
  it('defaults to the local server', () => {
    expect(targetOf(options({}))).toMatchObject({ host: '127.0.0.1', port: 6379 });
  });

  it('combines a URL with the password of the variable', () => {
    const target = targetOf(options({ url: 'redis://app@redis.internal' }), { REDIS_PASSWORD: 'secret' });
    expect(target).toMatchObject({ url: 'redis://app@redis.internal', options: { password: 'secret' } });
  });

  it('gives the credentials to the connections of a Cluster', () => {
    const target = targetOf(options({ cluster: 'one:1, [::1]:2', username: 'app' }));
    expect(target).toMatchObject({
      cluster: [
        { host: 'one', port: 1 },
        { host: '::1', port: 2 },
      ],
      options: { redisOptions: { username: 'app' } },
    });
  });

  it('encrypts the connections to Sentinels and to their master', () => {
    const target = targetOf(options({ sentinels: 'one:26379', master: 'sessions', tls: true }), {
      REDIS_SENTINEL_PASSWORD: 'secret',
    });
    expect(target).toMatchObject({
      sentinels: [{ host: 'one', port: 26379 }],
      name: 'sessions',
      sentinelPassword: 'secret',
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    });
  });

  it.each<[Partial<ConnectionOptions>, RegExp]>([
    [{ url: 'redis://one', cluster: 'one:1' }, /expected one address of Redis, received --url and --cluster/],
    [{ sentinels: 'one:26379' }, /expected --master beside --sentinels/],
    [{ cluster: 'one' }, /--cluster: expected host:port.*received "one"/],
    [{ url: 'redis://one', tls: true }, /expected a rediss:\/\/ URL beside --tls/],
    [{ passwordFile: '/nowhere/at/all' }, /The file of the password cannot be read: ENOENT/],
    [{ ca: '/nowhere/at/all' }, /The file of the certificate authority cannot be read: ENOENT/],
  ])('rejects %j with a sentence that names the remedy', (given, message) => {
    expect(() => targetOf(options(given))).toThrow(message);
  });
});
