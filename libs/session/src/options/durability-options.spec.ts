import { wrongOptions } from '../../../../test/support/wrong-options.js';
import { resolveOptions } from './resolve.js';

describe('the wait for replicas', () => {
  const waiting = (timeout: string) => ({
    ...{ redis: 'redis://a', outage: { deadline: '200ms' }, durability: { replicas: 1, timeout } },
  });

  it('stops the start unless it is shorter than the deadline of a call, which includes it', () => {
    expect(resolveOptions(waiting('199ms')).durability).toEqual({ replicas: 1, timeoutMs: 199 });
    expect(wrongOptions(waiting('200ms'))).toEqual(['durability.timeout']);
  });
});
