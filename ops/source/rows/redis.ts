import { SERVER, OF_SERVER, ofServers, rateOfServers, shareOf, type Row } from '../panel.js';

const FOUND = { 'session.redis.lookup.result': 'hit' };

export const redis: Row = {
  title: 'Redis',
  panels: [
    {
      title: 'Memory',
      description: 'Used memory, memory from the operating system, and the setting maxmemory.',
      kind: 'lines',
      unit: 'bytes',
      queries: [
        ofServers('session.redis.memory.used', 'used'),
        ofServers('session.redis.memory.resident', 'resident'),
        ofServers('session.redis.memory.limit', 'limit'),
      ],
    },
    {
      title: 'Fragmentation',
      description: 'Resident memory as a multiple of used memory.',
      kind: 'lines',
      unit: 'short',
      queries: [ofServers('session.redis.memory.fragmentation')],
    },
    {
      title: 'Evicted keys',
      description: 'Keys that Redis dropped because its memory was full.',
      kind: 'lines',
      unit: 'ops',
      queries: [rateOfServers('session.redis.keys.evicted')],
    },
    {
      title: 'Keys',
      description: 'Keys in the database of the sessions, and those that never expire.',
      kind: 'lines',
      unit: 'short',
      queries: [
        ofServers('session.redis.keys.stored', 'all'),
        ofServers('session.redis.keys.without_lifetime', 'without a lifetime'),
      ],
    },
    {
      title: 'Hit rate',
      description: 'Share of the lookups that find their key.',
      kind: 'lines',
      unit: 'percentunit',
      queries: [shareOf('session.redis.keyspace.lookups', FOUND, OF_SERVER, SERVER)],
    },
    {
      title: 'Connections',
      description: 'Connections of clients.',
      kind: 'lines',
      unit: 'short',
      queries: [ofServers('session.redis.clients.connected')],
    },
    {
      title: 'Network',
      description: 'Bytes that the server received and sent.',
      kind: 'lines',
      unit: 'Bps',
      queries: ['receive', 'transmit'].map((direction) =>
        rateOfServers('session.redis.network.io', direction, { 'network.io.direction': direction }),
      ),
    },
    {
      title: 'Replicas',
      description: 'Connected replicas.',
      kind: 'lines',
      unit: 'short',
      queries: [ofServers('session.redis.replicas.connected')],
    },
    {
      title: 'Replication lag',
      description: 'Bytes that the slowest replica has not confirmed.',
      kind: 'lines',
      unit: 'bytes',
      queries: [ofServers('session.redis.replication.lag')],
    },
  ],
};
