import { SessionOptionsError } from '../errors/errors.js';
import type { SessionMax } from './limit.js';
import { limitFor, SAFETY_BOUND } from './limit.js';

const alice = { id: 'alice', role: 'admin' };

async function limitOf(max: SessionMax): Promise<number | null> {
  return (await limitFor({ max, onExceed: 'reject' }, alice)).max;
}

describe('the limit for a user', () => {
  it('returns a number, or the result of a function of the whole user, synchronous or not', async () => {
    expect(await limitOf(3)).toBe(3);
    expect(await limitOf((user) => ('role' in user && user.role === 'admin' ? 10 : 1))).toBe(10);
    expect(await limitOf(() => Promise.resolve(2))).toBe(2);
  });

  it('returns no limit for Infinity', async () => {
    expect(await limitOf(Infinity)).toBeNull();
    expect(await limitOf(() => Infinity)).toBeNull();
  });

  it.each([0, -1, 1.5, NaN, -Infinity, 2 ** 53, '3', null, undefined])(
    'rejects the limit %p',
    async (max) => {
      const given = limitOf(() => max as number);
      await expect(given).rejects.toThrow(SessionOptionsError);
      await expect(given).rejects.toThrow(
        `but gave ${String(max)} for user "alice". To reject all sign-ins, check before`,
      );
    },
  );

  it('onExceed of a sign-in overrides the policy of a limit, but not of the safety bound', async () => {
    const policy = { max: 3, onExceed: 'evict-oldest' } as const;
    expect(await limitFor(policy, alice)).toEqual(policy);
    expect(await limitFor(policy, alice, 'reject')).toEqual({ max: 3, onExceed: 'reject' });
    expect(await limitFor(SAFETY_BOUND, alice, 'reject')).toEqual({ max: 1_000, onExceed: 'evict-oldest' });
  });

  it('rejects when the function of the limit fails', async () => {
    await expect(limitOf(() => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  });
});
