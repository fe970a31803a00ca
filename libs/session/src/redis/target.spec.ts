import { Cluster, Redis } from 'ioredis';
import type { RedisTarget } from './target.js';
import { problemOfTarget } from './target.js';

const lazy = { lazyConnect: true };

describe('a valid target', () => {
  it.each<[string, RedisTarget]>([
    ['a URL', 'redis://127.0.0.1'],
    ['a URL with a database', 'rediss://user:p%40ss@host.example:6380/15'],
    ['a URL with a slash at its end', 'redis://host/'],
    ['a URL of an IPv6 address', 'redis://[::1]:6379/0'],
    ['a URL without a host, which is this machine', 'redis:///1'],
    ['a URL with options in it', 'redis://host?db=2&family=6'],
    ['a URL beside options', { url: 'rediss://host', options: { tls: {}, db: 3 } }],
    ['options', { host: 'host', port: 6379, db: 0 }],
    ['options with numbers as text, as from the environment', { port: '6379', db: '1' } as never],
    ['a socket', { path: '/run/redis.sock' }],
    ['Sentinels', { sentinels: [{ host: 'one', port: 26379 }], name: 'sessions' }],
    ['a Cluster', { cluster: [{ host: 'one', port: 6379 }, 6380, 'redis://two:6379', 'three:6379'] }],
    ['a client', new Redis({ ...lazy, db: 1 })],
    ['a Cluster client', new Cluster([6379], { lazyConnect: true })],
  ])('passes the check: %s', (_what, target) => {
    expect(problemOfTarget(target)).toBeNull();
  });
});

describe('a target that ioredis misreads', () => {
  const nodeRedis = { options: {}, isOpen: false, connect: () => undefined, sendCommand: () => undefined };

  it.each<[unknown, RegExp]>([
    ['redis://host/abc', /^expected the number of a database, such as 0 or 1, received "abc"/],
    ['redis://host/-1', /database.*received "-1"/],
    ['redis://host/1.5', /database.*received "1\.5"/],
    ['redis://host/1/2', /database.*received "1\/2"/],
    ['redis://host/db0?x=1', /database.*received "db0"/],
    ['redis://host?db=abc', /database.*received "abc"/],
    ['redis://host/99999999999999999999', /database/],
    ['redis://host:0', /^expected a port from 1 to 65535, received "0"/],
    ['redis://host:99999', /^expected a URL such as .*received one that cannot be read/],
    ['redis://host:port', /cannot be read/],
    ['redis://:6379', /cannot be read/],
    ['redis://user:p#ss@host', /cannot be read/],
    ['redis://user:pass@host#1', /received one with a "#".*%23/],
    ['redis://user:100%@host', /a "%" that begins no such form/],
    [{ url: 'http://host' }, /^expected a URL such as redis:/],
    [{ url: 6379 }, /^expected a URL such as redis:/],
    [{ url: 'redis://host', options: { db: NaN } }, /database.*received NaN/],
    [{ db: 'abc' }, /database.*received "abc"/],
    [{ db: -1 }, /database.*received -1/],
    [{ port: 'six' }, /^expected a port.*received "six"/],
    [{ port: 70_000 }, /^expected a port.*received 70000/],
    [{ sentinels: [], name: 'a' }, /at least one Sentinel/],
    [{ sentinels: [{ host: 'one' }] }, /^expected "name"/],
    [{ cluster: [] }, /at least one node/],
    [{ cluster: ['redis://host/abc'] }, /database.*received "abc"/],
    [{ cluster: [{ port: 'x' }] }, /^expected a port/],
    [
      { cluster: [6379], options: { redisOptions: { db: 1 } } },
      /^expected no database number for a Cluster.*prefix/,
    ],
    [new Cluster([6379], { ...lazy, redisOptions: { db: 1 } }), /^expected no database number for a Cluster/],
    [nodeRedis, /^expected an ioredis client, received a client of another library, such as node-redis/],
  ])('rejects it with a remedy: %j', (target, message) => {
    expect(problemOfTarget(target as RedisTarget)).toMatch(message);
  });

  it('rejects it without revealing its password', () => {
    for (const text of ['redis://u:hunter2@host/abc', 'redis://u:hunter2#@host', 'redis://u:hunter2@:1']) {
      expect(problemOfTarget(text)).not.toContain('hunter2');
    }
  });
});
