import calculateSlot from 'cluster-key-slot';
import type { Cluster, Redis } from 'ioredis';
import type { BreakerState } from '../core/store/breaker.js';
import type { Shard } from '../core/record/token.js';
import { randomShard } from '../core/record/token.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { CircuitBreakers } from './circuit-breakers.js';

const FAILURES_TO_OPEN = 5;
const SLOTS = 16_384;
const FAILURE = new Error('no answer');

function open(breaker: CircuitBreaker, error = FAILURE): void {
  for (let time = 1; time <= FAILURES_TO_OPEN; time += 1) breaker.fail(breaker.epoch, error);
}

/** Returns a cluster of two masters, each of which owns half of the slots, and a shard on each of them. */
function cluster(options: { keyPrefix?: string } = {}) {
  const nodes = ['a', 'b'].map((host) => ({ options: { host, port: 6379 }, status: 'ready' }));
  const slots = Array.from({ length: SLOTS }, (_, slot) => [slot < SLOTS / 2 ? 'a:6379' : 'b:6379']);
  const byRole: Record<string, typeof nodes> = { master: nodes };
  const client = { isCluster: true, options, slots, nodes: (role: string) => byRole[role] ?? [] };
  const shardWhere = (isLower: boolean): Shard => {
    const shard = randomShard();
    return calculateSlot(`{${shard}}`) < SLOTS / 2 === isLower ? shard : shardWhere(isLower);
  };
  const breakers = new CircuitBreakers(client as unknown as Cluster);
  const states: BreakerState[] = [];
  breakers.onChange((state) => states.push(state));
  return { breakers, states, client, a: nodes[0]!, onA: shardWhere(true), onB: shardWhere(false) };
}

describe('the circuit breakers of one server', () => {
  const single = () => new CircuitBreakers({ isCluster: false, options: {} } as unknown as Redis);

  it('uses one breaker for all keys', () => {
    const breakers = single();
    expect(breakers.only).not.toBeNull();
    expect(breakers.of('one')).toBe(breakers.only);
    expect(breakers.of('other')).toBe(breakers.only);
  });

  it('reports state and error of the breaker, and each change once', () => {
    const breakers = single();
    const states: BreakerState[] = [];
    breakers.onChange((state) => states.push(state));
    expect([breakers.state, breakers.lastError]).toEqual(['closed', null]);
    open(breakers.only!);
    expect([breakers.state, breakers.lastError]).toEqual(['open', FAILURE]);
    breakers.recordReply();
    expect([breakers.state, breakers.lastError]).toEqual(['closed', null]);
    expect(states).toEqual(['open', 'closed']);
  });

  it('reports no shard as unavailable, because there is no other server', () => {
    const breakers = single();
    open(breakers.only!);
    expect(breakers.isUnavailable(randomShard())).toBe(false);
  });
});

describe('the circuit breakers of a Cluster', () => {
  it('keeps a breaker for each master', () => {
    const { breakers, onA, onB } = cluster();
    expect(breakers.only).toBeNull();
    expect(breakers.of(`{${onA}}:one`)).toBe(breakers.of(`{${onA}}:other`));
    expect(breakers.of(`{${onA}}`)).not.toBe(breakers.of(`{${onB}}`));
  });

  it('selects the master of a key with the prefix that the client adds', () => {
    const { breakers, onA, onB } = cluster({ keyPrefix: '{app}' });
    expect(breakers.of(`{${onA}}`)).toBe(breakers.of(`{${onB}}`));
  });

  it('reports the most severe state, and its error', () => {
    const { breakers, states, onA, onB } = cluster();
    expect([breakers.state, breakers.lastError]).toEqual(['closed', null]);
    const [one, other] = [breakers.of(`{${onA}}`), breakers.of(`{${onB}}`)];
    one.fail(one.epoch, new Error('a single failure'));
    expect([breakers.state, breakers.lastError]).toEqual(['closed', null]);
    open(other);
    expect([breakers.state, breakers.lastError]).toEqual(['open', FAILURE]);
    open(one, new Error('another failure'));
    other.close();
    expect(breakers.state).toBe('open');
    one.state = 'half-open';
    expect(breakers.state).toBe('half-open');
    one.close();
    expect(states).toEqual(['open', 'closed']);
  });

  it('leaves the breakers open at a reply of an unknown master', () => {
    const { breakers, onA } = cluster();
    open(breakers.of(`{${onA}}`));
    breakers.recordReply();
    expect(breakers.state).toBe('open');
  });

  it('reports the shards of a master as unavailable while its breaker is open', () => {
    const { breakers, onA, onB } = cluster();
    expect([breakers.isUnavailable(onA), breakers.isUnavailable(onB)]).toEqual([false, false]);
    open(breakers.of(`{${onA}}`));
    expect([breakers.isUnavailable(onA), breakers.isUnavailable(onB)]).toEqual([true, false]);
  });

  it.each([
    ['ready', false],
    ['connecting', false],
    ['close', true],
    ['reconnecting', true],
    ['end', true],
  ])('counts a connection in the state %j as lost: %j', (status, isLost) => {
    const { breakers, a, onA } = cluster();
    a.status = status;
    expect(breakers.isUnavailable(onA)).toBe(isLost);
  });

  it('reports the shards of a master without a connection as unavailable', () => {
    const { breakers, client, onA, onB } = cluster();
    client.nodes = () => [];
    expect([breakers.isUnavailable(onA), breakers.isUnavailable(onB)]).toEqual([true, true]);
  });

  it('reports a shard that no master owns as unavailable', () => {
    const { breakers, client, onA } = cluster();
    client.slots = [];
    expect(breakers.isUnavailable(onA)).toBe(true);
  });
});
