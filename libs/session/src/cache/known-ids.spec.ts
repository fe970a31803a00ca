import { mintToken, randomShard, sessionIdOf } from '../core/record/token.js';
import { KnownIds } from './known-ids.js';

const [first, second, third] = Array.from({ length: 3 }, () => sessionIdOf(mintToken(randomShard()))) as [
  ReturnType<typeof sessionIdOf>,
  ReturnType<typeof sessionIdOf>,
  ReturnType<typeof sessionIdOf>,
];

describe('KnownIds', () => {
  it('holds the ids that were added, until they are deleted', () => {
    const known = new KnownIds(2);
    expect(known.has(first)).toBe(false);
    known.add(first);
    expect(known.has(first)).toBe(true);
    known.delete(first);
    expect(known.has(first)).toBe(false);
  });

  it('drops the id that was added first when there are too many', () => {
    const known = new KnownIds(2);
    for (const id of [first, second, third]) known.add(id);
    expect([first, second, third].map((id) => known.has(id))).toEqual([false, true, true]);
  });

  it('drops nothing for an id that it holds already', () => {
    const known = new KnownIds(2);
    for (const id of [first, second, first, second]) known.add(id);
    expect([first, second].map((id) => known.has(id))).toEqual([true, true]);
  });

  it('keeps an id that was deleted and added again as long as those that were added with it', () => {
    const known = new KnownIds(2);
    known.add(first);
    known.delete(first);
    for (const id of [first, second]) known.add(id);
    expect([first, second].map((id) => known.has(id))).toEqual([true, true]);
    known.add(third);
    expect([first, second, third].map((id) => known.has(id))).toEqual([false, true, true]);
  });
});
