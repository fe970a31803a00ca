import { jest } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as socketsRead } from 'node:timers/promises';
import { DeadlineQueue, type Waiting } from './deadline-queue.js';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Element extends Waiting {
  readonly name: string;
}

function elementAt(endsAt: number, name = `ends at ${endsAt}`): Element {
  return { name, endsAt, earlier: null, later: null };
}

/** Returns a queue, and the names of the elements that have expired, in order. Its clock is fake, its event loop is not. */
function setUp() {
  jest.useFakeTimers({ now: 0, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const expired: string[] = [];
  const queue = new DeadlineQueue<Element>(({ name }) => expired.push(name));
  const pass = async (ms: number, stepMs = 1) => {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      jest.advanceTimersByTime(stepMs);
      await socketsRead();
    }
  };
  return { queue, expired, pass };
}

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('a queue of deadlines', () => {
  it('expires each element at its deadline', async () => {
    const { queue, expired, pass } = setUp();
    for (const endsAt of [100, 101, 150]) queue.add(elementAt(endsAt));
    await pass(99);
    expect(expired).toEqual([]);
    await pass(1);
    expect(expired).toEqual(['ends at 100']);
    await pass(1);
    expect(expired).toEqual(['ends at 100', 'ends at 101']);
    await pass(49);
    expect(expired).toEqual(['ends at 100', 'ends at 101', 'ends at 150']);
  });

  it('expires an element that was added late and ends early before those that end later', async () => {
    const { queue, expired, pass } = setUp();
    for (const endsAt of [100, 120, 140]) queue.add(elementAt(endsAt));
    queue.add(elementAt(110));
    queue.add(elementAt(50));
    await pass(50);
    expect(expired).toEqual(['ends at 50']);
    await pass(100);
    expect(expired.slice(1)).toEqual(['ends at 100', 'ends at 110', 'ends at 120', 'ends at 140']);
  });

  it('expires an element whose deadline was over when it was added', async () => {
    const { queue, expired, pass } = setUp();
    queue.add(elementAt(100));
    queue.add(elementAt(-20));
    await pass(1);
    expect(expired).toEqual(['ends at -20']);
  });

  it('expires elements of one deadline together, in the order in which they were added', async () => {
    const { queue, expired, pass } = setUp();
    for (const name of ['a', 'b', 'c']) queue.add(elementAt(100, name));
    await pass(100);
    expect(expired).toEqual(['a', 'b', 'c']);
  });

  it('runs one timer for many elements', async () => {
    const { queue, expired, pass } = setUp();
    const elements = Array.from({ length: 10_000 }, (_, index) => elementAt(100 + index / 1_000));
    for (const element of elements) queue.add(element);
    expect(jest.getTimerCount()).toBe(1);
    for (const element of elements.slice(0, -1)) queue.remove(element);
    await pass(109);
    expect(expired).toEqual([]);
    expect(jest.getTimerCount()).toBe(1);
    await pass(1);
    expect(expired).toEqual([elements.at(-1)?.name]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([0, 1, 2])(
    'never expires an element that was removed, here number %i of three',
    async (removed) => {
      const { queue, expired, pass } = setUp();
      const elements = [10, 20, 30].map((endsAt) => elementAt(endsAt));
      for (const element of elements) queue.add(element);
      expect(queue.remove(elements[removed] as Element)).toBe(true);
      for (let time = 0; time < 3; time++) await pass(10);
      expect(expired).toEqual(elements.toSpliced(removed, 1).map(({ name }) => name));
    },
  );

  it('removes an element once, and none that has expired or was never added', async () => {
    const { queue, pass } = setUp();
    const [removed, expired, other] = [elementAt(10), elementAt(20), elementAt(30)];
    queue.add(removed);
    queue.add(expired);
    expect([queue.remove(removed), queue.remove(removed)]).toEqual([true, false]);
    await pass(20);
    expect([queue.remove(expired), queue.remove(other)]).toEqual([false, false]);
  });

  it('removes an element before it expires', async () => {
    jest.useFakeTimers({ now: 0, doNotFake: ['setImmediate'] });
    const outcomes: boolean[] = [];
    const queue: DeadlineQueue<Element> = new DeadlineQueue((element) =>
      outcomes.push(queue.remove(element)),
    );
    queue.add(elementAt(10));
    jest.advanceTimersByTime(10);
    await socketsRead();
    expect(outcomes).toEqual([false]);
  });

  it('expires an element at a deadline that is later than a timer of Node.js takes', async () => {
    const { queue, expired, pass } = setUp();
    const start = jest.spyOn(globalThis, 'setTimeout');
    queue.add(elementAt(LONGEST_TIMER_MS + 1_000));
    await pass(10); // a longer timer would fire at once, again and again
    expect(start).toHaveBeenCalledTimes(1);
    await pass(LONGEST_TIMER_MS, LONGEST_TIMER_MS);
    expect(expired).toEqual([]);
    await pass(1_000);
    expect(expired).toHaveLength(1);
  });
});

describe('a process that was too busy to read its sockets', () => {
  it('keeps an element that is removed by a reply read after the timer', async () => {
    const { queue, expired } = setUp();
    const element = elementAt(100);
    queue.add(element);
    jest.advanceTimersByTime(5_000);
    expect(queue.remove(element)).toBe(true); // the reply, which had arrived in time
    await socketsRead();
    expect(expired).toEqual([]);
  });

  it('reads the sockets again for a deadline that passes after the timer', async () => {
    const { queue, expired, pass } = setUp();
    const next = elementAt(101);
    queue.add(elementAt(100));
    queue.add(next);
    jest.advanceTimersByTime(100);
    jest.advanceTimersByTime(50); // reading the sockets takes long
    await socketsRead();
    expect(expired).toEqual(['ends at 100']);
    await pass(1);
    expect(expired).toEqual(['ends at 100', 'ends at 101']);
  });
});

describe('the timer of a queue', () => {
  it('keeps the process alive only while an element is in the queue, and is kept for the next one', () => {
    const start = jest.spyOn(globalThis, 'setTimeout');
    const queue = new DeadlineQueue<Element>(() => undefined);
    const elements = [1, 2].map((more) => elementAt(performance.now() + 60_000 + more));
    for (const element of elements) queue.add(element);
    const timer = start.mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(true);
    for (const element of elements) queue.remove(element);
    expect(timer.hasRef()).toBe(false);
    const next = elementAt(performance.now() + 60_003);
    queue.add(next);
    expect(timer.hasRef()).toBe(true);
    expect(start).toHaveBeenCalledTimes(1);
    queue.remove(next);
    clearTimeout(timer);
  });

  it('gives way to an earlier timer if an element ends earlier', () => {
    const start = jest.spyOn(globalThis, 'setTimeout');
    const stop = jest.spyOn(globalThis, 'clearTimeout');
    const queue = new DeadlineQueue<Element>(() => undefined);
    const elements = [60_000, 30_000].map((ms) => elementAt(performance.now() + ms));
    for (const element of elements) queue.add(element);
    const [first, second] = start.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(stop).toHaveBeenCalledWith(first);
    expect(second?.hasRef()).toBe(true);
    for (const element of elements) queue.remove(element);
    expect(second?.hasRef()).toBe(false);
    clearTimeout(second);
  });

  it('stays outside of the asynchronous context of the call that has started it', async () => {
    const context = new AsyncLocalStorage<string>();
    const seen = new Promise((resolve) => {
      const queue = new DeadlineQueue<Element>(() => resolve(context.getStore()));
      context.run('a request', () => queue.add(elementAt(performance.now())));
    });
    expect(await seen).toBeUndefined();
  });
});
