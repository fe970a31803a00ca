import { jest } from '@jest/globals';
import { CircuitBreaker } from './circuit-breaker.js';

const FAILURE = new Error('no answer');

/** Returns a breaker, the states that it reports, and helpers that report outcomes of calls begun now. */
function setUp() {
  jest.useFakeTimers({ now: 0 });
  const states: string[] = [];
  const breaker: CircuitBreaker = new CircuitBreaker(() => states.push(breaker.state));
  const fail = (times: number) => {
    for (let time = 1; time <= times; time += 1) breaker.fail(breaker.epoch, FAILURE);
  };
  return { breaker, states, fail, succeed: () => breaker.succeed(breaker.epoch) };
}

afterEach(() => void jest.useRealTimers());

describe('a circuit breaker', () => {
  it('opens at the fifth consecutive failure', () => {
    const { breaker, states, fail, succeed } = setUp();
    fail(4);
    succeed();
    fail(4);
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
    expect(breaker.lastError).toBe(FAILURE);
    expect(states).toEqual(['open']);
  });

  it('admits no trial before the rest of 100 to 250 ms is over', () => {
    const { breaker, fail } = setUp();
    fail(5);
    expect(breaker.startTrial()).toBe(false);
    jest.advanceTimersByTime(99);
    expect(breaker.startTrial()).toBe(false);
    jest.advanceTimersByTime(151);
    expect(breaker.startTrial()).toBe(true);
  });

  it('rests equally long when the clock of the machine is set', () => {
    const { breaker, fail } = setUp();
    fail(5);
    jest.setSystemTime(3_600_000);
    expect(breaker.startTrial()).toBe(false);
    jest.setSystemTime(-3_600_000);
    jest.advanceTimersByTime(250);
    expect(breaker.startTrial()).toBe(true);
  });

  it('admits one trial at a time, and closes when the trial succeeds', () => {
    const { breaker, states, fail, succeed } = setUp();
    fail(5);
    jest.advanceTimersByTime(300);
    expect(breaker.startTrial()).toBe(true);
    expect(breaker.state).toBe('half-open');
    expect(Array.from({ length: 50 }, () => breaker.startTrial())).not.toContain(true);
    succeed();
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens again when the trial fails, for another rest', () => {
    const { breaker, fail } = setUp();
    fail(5);
    jest.advanceTimersByTime(300);
    breaker.startTrial();
    fail(1);
    expect(breaker.state).toBe('open');
    expect(breaker.startTrial()).toBe(false);
    jest.advanceTimersByTime(300);
    expect(breaker.startTrial()).toBe(true);
  });

  it('counts failures from zero after it has closed', () => {
    const { breaker, fail, succeed } = setUp();
    fail(5);
    jest.advanceTimersByTime(300);
    breaker.startTrial();
    succeed();
    fail(4);
    expect(breaker.state).toBe('closed');
  });

  it('drops the outcome of a call that began before it opened', () => {
    const { breaker, fail } = setUp();
    const { epoch } = breaker;
    fail(5);
    breaker.succeed(epoch);
    expect(breaker.state).toBe('open');
    jest.advanceTimersByTime(300);
    breaker.startTrial();
    breaker.fail(epoch, FAILURE);
    expect(breaker.state).toBe('half-open');
  });

  it('drops the outcome of a trial if it was closed meanwhile', () => {
    const { breaker, states, fail } = setUp();
    fail(5);
    jest.advanceTimersByTime(300);
    breaker.startTrial();
    const { epoch } = breaker;
    breaker.close();
    breaker.fail(epoch, FAILURE);
    fail(4);
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });
});
