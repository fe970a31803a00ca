import type { ServerFigures } from '../redis/server-figures.js';
import { observationsOf, SERVER } from './server-metrics.js';

const FIGURES: ServerFigures = {
  address: 'redis.internal',
  port: 6379,
  memoryUsedBytes: 1,
  memoryResidentBytes: 2,
  memoryLimitBytes: 3,
  fragmentationRatio: 4,
  keys: 5,
  keysWithoutLifetime: 6,
  evictedKeys: 7,
  keyspaceHits: 8,
  keyspaceMisses: 9,
  connectedClients: 10,
  networkInputBytes: 11,
  networkOutputBytes: 12,
  replicas: 13,
  replicationLagBytes: 14,
};

describe('observationsOf()', () => {
  it('returns each figure once, with the attributes of the catalogue', () => {
    const observations = observationsOf(FIGURES);
    expect(observations.map(({ value }) => value).sort((one, other) => one - other)).toEqual(
      Array.from({ length: 14 }, (_, index) => index + 1),
    );
    const attributesOf = new Map<string, string[]>(
      SERVER.map(({ name, attributes }) => [name, Object.keys(attributes)]),
    );
    for (const { name, attributes } of observations)
      expect(Object.keys(attributes)).toEqual(attributesOf.get(name));
    expect(new Set(observations.map(({ name }) => name))).toEqual(new Set(attributesOf.keys()));
  });

  it('names the server', () => {
    const [first] = observationsOf(FIGURES);
    expect(first?.attributes).toEqual({ 'server.address': 'redis.internal', 'server.port': 6379 });
    const [local] = observationsOf({ ...FIGURES, address: '/run/redis.sock', port: null });
    expect(local?.attributes).toEqual({ 'server.address': '/run/redis.sock' });
  });

  it('leaves out figures that the server does not report', () => {
    const names = observationsOf({ ...FIGURES, memoryLimitBytes: null, replicationLagBytes: null });
    expect(names).toHaveLength(12);
  });
});
