import type { ServerFacts } from './server-checks.js';
import { findingsOf } from './server-checks.js';

/** The facts of a suitable server. */
const GOOD: ServerFacts = {
  info: {
    redis_version: '7.2.5',
    maxmemory_policy: 'noeviction',
    aof_enabled: '1',
    used_memory: '100',
    maxmemory: '1000',
  },
  save: '',
  address: '10.1.2.3',
  hasPassword: true,
  isEncrypted: true,
};

function namesOf(facts: Partial<ServerFacts>, info: ServerFacts['info'] = {}): string[] {
  return findingsOf({ ...GOOD, ...facts, info: { ...GOOD.info, ...info } }).map(({ name }) => name);
}

describe('the inspection of a Redis server', () => {
  it('finds nothing on a suitable server, or if the server reveals nothing', () => {
    expect(namesOf({})).toEqual([]);
    expect(findingsOf({ info: {}, hasPassword: false, isEncrypted: false })).toEqual([]);
  });

  it.each(['volatile-lru', 'allkeys-lru', 'volatile-ttl', 'allkeys-random'])(
    'finds that the server evicts keys with the policy %s',
    (policy) => expect(namesOf({}, { maxmemory_policy: policy })).toEqual(['eviction-policy']),
  );

  it('names the eviction policy in force if there is a maxmemory', () => {
    const evictionOf = (info: ServerFacts['info']) =>
      findingsOf({ ...GOOD, info: { ...GOOD.info, ...info } });
    const [found] = evictionOf({ maxmemory_policy: 'volatile-lru' });
    expect(found?.eviction).toBe('volatile-lru');
    const [unlimited] = evictionOf({ maxmemory_policy: 'volatile-lru', maxmemory: '0' });
    expect(unlimited?.name).toBe('eviction-policy');
    expect(unlimited).not.toHaveProperty('eviction');
  });

  it.each([
    ['8.8.8.8', ['no-authentication']],
    ['2001:4860:4860::8888', ['no-authentication']],
    ['::ffff:8.8.8.8', ['no-authentication']],
    ['10.0.0.1', []],
    ['172.31.255.255', []],
    ['172.32.0.1', ['no-authentication']],
    ['192.168.1.1', []],
    ['::ffff:192.168.1.1', []],
    ['fd00::1', []],
    ['127.0.0.1', []],
    ['::1', []],
    ['/run/redis.sock', []],
  ])('checks authentication at %s only if the address is public', (address, names) => {
    expect(namesOf({ address, hasPassword: false })).toEqual(names);
  });

  it.each([
    ['10.0.0.1', ['no-tls']],
    ['8.8.8.8', ['no-tls']],
    ['fd00::1', ['no-tls']],
    ['127.0.0.1', []],
    ['127.8.8.8', []],
    ['::ffff:127.0.0.1', []],
    ['::1', []],
    ['/run/redis.sock', []],
  ])('checks encryption of the connection to %s only if it is another host', (address, names) => {
    expect(namesOf({ address, isEncrypted: false })).toEqual(names);
  });

  it('finds missing persistence if both snapshots and the append-only file are off', () => {
    expect(namesOf({ save: '' }, { aof_enabled: '0' })).toEqual(['no-persistence']);
    expect(namesOf({ save: '3600 1' }, { aof_enabled: '0' })).toEqual([]);
    expect(namesOf({ save: undefined }, { aof_enabled: '0' })).toEqual([]);
  });

  it.each([
    ['6.0.16', ['old-version']],
    ['5.0.14', ['old-version']],
    ['6.2.0', []],
    ['7.0.15', []],
    ['8.0.0', []],
    ['10.0.0', []],
  ])('finds out whether version %s is old', (version, names) => {
    expect(namesOf({}, { redis_version: version })).toEqual(names);
  });

  it('ignores the Redis version that Valkey reports for compatibility', () => {
    expect(namesOf({}, { redis_version: '6.0.0', valkey_version: '8.0.1' })).toEqual([]);
  });

  it('finds nearly full memory from nine tenths on', () => {
    expect(namesOf({}, { used_memory: '899' })).toEqual([]);
    expect(namesOf({}, { used_memory: '900' })).toEqual(['memory-nearly-full']);
    expect(namesOf({}, { used_memory: '900', maxmemory: '0' })).toEqual([]);
  });

  it('states the problem and its remedy', () => {
    const info = {
      maxmemory_policy: 'allkeys-lru',
      aof_enabled: '0',
      redis_version: '5.0.0',
      used_memory: '950',
    };
    const facts = { address: '8.8.8.8', hasPassword: false, isEncrypted: false, save: '' };
    const findings = findingsOf({ ...GOOD, ...facts, info: { ...GOOD.info, ...info } });
    expect(findings).toHaveLength(6);
    for (const { message } of findings) expect(message).toMatch(/^\S.*\. (Set|Use|Upgrade|Raise)\b.*\.$/);
  });
});
