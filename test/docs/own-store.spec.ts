import { MemoryStore } from 'nestjs-redis-session';
import { interleavings, sessionStoreConformance, storeRaces } from 'nestjs-redis-session/testing';
import { CountingStore } from '../../docs/examples/own-store.js';

/** Registers one case in ten: other tests run the whole suites, and this one checks the code of the page. */
const it = ((name, run) => {
  const isRandom = String(name).includes('random');
  if (cases++ % 10 === 0 || isRandom) test(name, run);
}) as typeof test;
let cases = 0;

// #region suite
/** Opens an empty store, with a clock that the suite can move. */
function open() {
  const clock = { time: Date.now(), now: () => clock.time };
  const store = new CountingStore(new MemoryStore({ clock }));
  const advance = (ms: number) => {
    clock.time += ms;
    return Promise.resolve();
  };
  return Promise.resolve({ store, advance, close: () => store.close() });
}

describe('CountingStore', () => {
  for (const { name, run } of sessionStoreConformance(open)) it(name, run);
});
// #endregion suite

// #region races
describe('races on CountingStore', () => {
  for (const { name, run } of storeRaces(open)) it(name, run);

  const random = interleavings(open, { rounds: 20 });
  it(random.name, random.run);
});
// #endregion races

test('CountingStore counts reads', async () => {
  const { store } = await open();
  await store.load('x'.repeat(25) as Parameters<CountingStore['load']>[0]);
  expect(store.reads).toBe(1);
  await store.close();
});
