import { bucketCount, DEFAULT_LAYOUT, RedisStructures } from './redis-structures.js';

const structures = new RedisStructures({ ...DEFAULT_LAYOUT, quantumBytes: 16 });
const field = (nameBytes: number, valueBytes: number) => ({ nameBytes, valueBytes });
const FIELDS = [field(1, 28), field(1, 11), field(1, 12), field(6, 26)];
const MEMBERS = [22, 23];

describe('the structures of Redis', () => {
  it('a hash stays a listpack up to 64 bytes, and is a hash table above', () => {
    const listpack = structures.hash([...FIELDS, field(5, 64)]);
    const table = structures.hash([...FIELDS, field(5, 65)]);
    expect(table).toBeGreaterThan(2 * listpack);
  });

  it('a hash with more fields than its limit is a hash table', () => {
    const small = new RedisStructures({ ...DEFAULT_LAYOUT, hashMaxEntries: 3 });
    expect(small.hash(FIELDS)).toBeGreaterThan(new RedisStructures(DEFAULT_LAYOUT).hash(FIELDS));
  });

  it('a sorted set stays a listpack up to 128 members, and is a skip list above', () => {
    const perMember = (groups: number) => structures.sortedSet(MEMBERS, groups) / groups;
    expect(perMember(64)).toBeLessThan(100);
    expect(perMember(65)).toBeGreaterThan(200);
  });

  it('an allocator with a finer quantum takes less', () => {
    const fine = new RedisStructures(DEFAULT_LAYOUT);
    expect(fine.key(36)).toBeLessThan(structures.key(36));
    expect(fine.key(36)).toBe(40 + 24 + 24);
    expect(structures.key(36)).toBe(48 + 32 + 32);
  });

  it('a key of a Cluster has links to its neighbours in the slot', () => {
    const cluster = new RedisStructures({ ...DEFAULT_LAYOUT, isCluster: true });
    expect(cluster.key(36) - new RedisStructures(DEFAULT_LAYOUT).key(36)).toBe(16);
  });

  it('a short string is one allocation with its object', () => {
    const fine = new RedisStructures(DEFAULT_LAYOUT);
    expect([fine.string(44), fine.string(45)]).toEqual([64, 16 + 56]);
  });

  it('a table doubles when it is full', () => {
    expect([1, 4, 5, 8, 9, 1_000_000].map(bucketCount)).toEqual([4, 4, 8, 8, 16, 2 ** 20]);
  });
});
