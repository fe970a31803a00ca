import { jest } from '@jest/globals';
import { Breaker, NotAskedError } from './breaker.js';

class Away extends Error {}
class Refused extends Error {}

const fail = () => Promise.reject(new Away('away'));

/** A breaker, what it tells, and the clock by which it rests. */
function setUp() {
  jest.useFakeTimers({ now: 0, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const breaker = new Breaker((error) => error instanceof Away);
  const states: string[] = [];
  breaker.onChange((state) => states.push(state));
  return { breaker, states };
}

async function open(breaker: Breaker): Promise<void> {
  for (let failure = 1; failure <= 5; failure += 1) await breaker.run(fail).catch(() => undefined);
}

afterEach(() => void jest.useRealTimers());

describe('a breaker', () => {
  it('opens at the fifth failure in a row, and not before', async () => {
    const { breaker, states } = setUp();
    for (let failure = 1; failure <= 4; failure += 1) await breaker.run(fail).catch(() => undefined);
    await breaker.run(() => Promise.resolve());
    expect(breaker.state).toBe('closed');
    await open(breaker);
    expect(breaker.state).toBe('open');
    expect(breaker.lastError).toBeInstanceOf(Away);
    expect(states).toEqual(['open']);
  });

  it('does not run a call while it is open', async () => {
    const { breaker } = setUp();
    await open(breaker);
    const call = jest.fn(() => Promise.resolve());
    await expect(breaker.run(call)).rejects.toBeInstanceOf(NotAskedError);
    expect(call).not.toHaveBeenCalled();
  });

  it('lets one call through after its rest, fails all others meanwhile, and closes when that succeeds', async () => {
    const { breaker, states } = setUp();
    await open(breaker);
    jest.setSystemTime(300);
    let answer: () => void = () => undefined;
    const probe = breaker.run(() => new Promise<void>((resolve) => (answer = resolve)));
    expect(breaker.state).toBe('half-open');
    const others = await Promise.allSettled(Array.from({ length: 50 }, () => breaker.run(fail)));
    expect(others.map(({ status, ...rest }) => ({ status, ...rest }))).toEqual(
      others.map(() => ({ status: 'rejected', reason: expect.any(NotAskedError) as Error })),
    );
    answer();
    await probe;
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens again when that fails', async () => {
    const { breaker } = setUp();
    await open(breaker);
    jest.setSystemTime(300);
    await breaker.run(fail).catch(() => undefined);
    expect(breaker.state).toBe('open');
    await expect(breaker.run(() => Promise.resolve())).rejects.toBeInstanceOf(NotAskedError);
  });

  it('does not count a refusal, however often it comes', async () => {
    const { breaker } = setUp();
    for (let refusal = 1; refusal <= 20; refusal += 1) {
      await expect(breaker.run(() => Promise.reject(new Refused()))).rejects.toBeInstanceOf(Refused);
    }
    expect(breaker.state).toBe('closed');
  });

  it('closes when it is told that the server is back, and hears no more of what was under way', async () => {
    const { breaker, states } = setUp();
    await open(breaker);
    jest.setSystemTime(300);
    let answer: (error: Error) => void = () => undefined;
    const probe = breaker.run(() => new Promise((_resolve, reject) => (answer = reject)));
    breaker.close();
    expect(await breaker.run(() => Promise.resolve('served'))).toBe('served');
    answer(new Away());
    await probe.catch(() => undefined);
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });
});
