import { parseInfo } from './info.js';
import { figuresIn } from './server-figures.js';

const INFO = [
  '# Memory',
  'used_memory:1500000',
  'used_memory_rss:3000000',
  'mem_fragmentation_ratio:2.00',
  'maxmemory:2000000',
  '# Stats',
  'evicted_keys:3',
  'keyspace_hits:90',
  'keyspace_misses:10',
  'total_net_input_bytes:500',
  'total_net_output_bytes:700',
  '# Clients',
  'connected_clients:12',
  '# Replication',
  'connected_slaves:2',
  'master_repl_offset:1000',
  'slave0:ip=10.0.0.2,port=6379,state=online,offset=990,lag=0',
  'slave1:ip=10.0.0.3,port=6379,state=online,offset=600,lag=1',
  '# Keyspace',
  'db0:keys=7,expires=7,avg_ttl=1000',
  'db3:keys=10,expires=8,avg_ttl=1000,subexpiry=0',
  '',
].join('\r\n');

function figures(text = INFO, database = 0) {
  return figuresIn(parseInfo(text), database);
}

describe('figuresIn()', () => {
  it('reads the figures from the fields of INFO', () => {
    expect(figures()).toEqual({
      memoryUsedBytes: 1_500_000,
      memoryResidentBytes: 3_000_000,
      memoryLimitBytes: 2_000_000,
      fragmentationRatio: 2,
      evictedKeys: 3,
      keyspaceHits: 90,
      keyspaceMisses: 10,
      connectedClients: 12,
      networkInputBytes: 500,
      networkOutputBytes: 700,
      replicas: 2,
      replicationLagBytes: 400,
      keys: 7,
      keysWithoutLifetime: 0,
    });
  });

  it('counts the keys without a lifetime in the database of the sessions', () => {
    expect(figures(INFO, 3)).toMatchObject({ keys: 10, keysWithoutLifetime: 2 });
    expect(figures(INFO, 1)).toMatchObject({ keys: 0, keysWithoutLifetime: 0 });
  });

  it('reports no limit without maxmemory', () => {
    expect(figures(INFO.replace('maxmemory:2000000', 'maxmemory:0')).memoryLimitBytes).toBeNull();
  });

  it('reports no replication lag without replicas', () => {
    expect(figures(INFO.replaceAll(/slave\d:/g, 'other:')).replicationLagBytes).toBeNull();
  });

  it('counts a replica that has confirmed nothing as behind by all bytes', () => {
    expect(figures(INFO.replace('offset=600,', '')).replicationLagBytes).toBe(1000);
  });

  it('reports null for fields that INFO lacks', () => {
    const { keys, keysWithoutLifetime, ...others } = figures('');
    expect(new Set(Object.values(others))).toEqual(new Set([null]));
    expect([keys, keysWithoutLifetime]).toEqual([0, 0]);
  });
});
