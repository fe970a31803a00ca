import { setTimeout as wait } from 'node:timers/promises';
import { SerialQueue } from './serial-queue.js';

describe('SerialQueue', () => {
  it('runs operations one after another, in the order of the calls', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const operation = (name: string, ms: number) => async () => {
      log.push(`${name} begins`);
      await wait(ms);
      log.push(`${name} ends`);
      return name;
    };
    const outcomes = [
      queue.run(operation('slow', 20)),
      queue.run(operation('quick', 0)),
      queue.run(operation('last', 5)),
    ];
    expect(await Promise.all(outcomes)).toEqual(['slow', 'quick', 'last']);
    expect(log).toEqual([
      'slow begins',
      'slow ends',
      'quick begins',
      'quick ends',
      'last begins',
      'last ends',
    ]);
  });

  it('continues after an operation that failed, and rejects the promise of its caller', async () => {
    const queue = new SerialQueue();
    const failing = queue.run(() => Promise.reject(new Error('no')));
    const throwing = queue.run(() => {
      throw new Error('never');
    });
    const next = queue.run(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(throwing).rejects.toThrow('never');
    await expect(next).resolves.toBe('yes');
  });

  it('reports that no operation is running or waiting', async () => {
    const queue = new SerialQueue();
    expect(queue.isIdle).toBe(true);
    const outcomes = [queue.run(() => wait(5)), queue.run(() => Promise.reject(new Error('no')))];
    expect(queue.isIdle).toBe(false);
    await Promise.allSettled(outcomes);
    expect(queue.isIdle).toBe(true);
  });
});
