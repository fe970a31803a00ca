import { setTimeout as wait } from 'node:timers/promises';
import { Turns } from './turns.js';

describe('turns', () => {
  it('run operations one after another, in the order in which they were asked for', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const operation = (name: string, ms: number) => async () => {
      log.push(`${name} begins`);
      await wait(ms);
      log.push(`${name} ends`);
      return name;
    };
    const outcomes = [
      turns.take(operation('slow', 20)),
      turns.take(operation('quick', 0)),
      turns.take(operation('last', 5)),
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

  it('go on after one that failed, whose caller is told', async () => {
    const turns = new Turns();
    const failing = turns.take(() => Promise.reject(new Error('no')));
    const throwing = turns.take(() => {
      throw new Error('never');
    });
    const next = turns.take(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(throwing).rejects.toThrow('never');
    await expect(next).resolves.toBe('yes');
  });

  it('know whether anything is under way', async () => {
    const turns = new Turns();
    expect(turns.areIdle).toBe(true);
    const outcomes = [turns.take(() => wait(5)), turns.take(() => Promise.reject(new Error('no')))];
    expect(turns.areIdle).toBe(false);
    await Promise.allSettled(outcomes);
    expect(turns.areIdle).toBe(true);
  });
});
