import { SessionOptionsError } from './errors.js';
import type { SessionMax } from './limit.js';
import { limitFor } from './limit.js';

const alice = { id: 'alice', role: 'admin' };

function limitOf(max: SessionMax): Promise<number | null> {
  return limitFor({ max, onExceed: 'reject' }, alice);
}

describe('the limit for a user', () => {
  it('is a number, or what a function of the whole user gives, at once or later', async () => {
    expect(await limitOf(3)).toBe(3);
    expect(await limitOf((user) => ('role' in user && user.role === 'admin' ? 10 : 1))).toBe(10);
    expect(await limitOf(() => Promise.resolve(2))).toBe(2);
  });

  it('is none where it is infinite', async () => {
    expect(await limitOf(Infinity)).toBeNull();
    expect(await limitOf(() => Infinity)).toBeNull();
  });

  it.each([0, -1, 1.5, NaN, -Infinity, 2 ** 53, '3', null, undefined])('cannot be %p', async (max) => {
    const given = limitOf(() => max as number);
    await expect(given).rejects.toThrow(SessionOptionsError);
    await expect(given).rejects.toThrow(
      `but gave ${String(max)} for user "alice". To let nobody sign in, refuse before`,
    );
  });

  it('is unknown when its function fails, and that is told', async () => {
    await expect(limitOf(() => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  });
});
