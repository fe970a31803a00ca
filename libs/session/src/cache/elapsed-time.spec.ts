import { ElapsedTime } from './elapsed-time.js';

describe('elapsed time', () => {
  let clocks: { monotonic: number; wall: number };
  let time: ElapsedTime;

  beforeEach(() => {
    clocks = { monotonic: 5_000, wall: 1_000_000 };
    time = new ElapsedTime({ monotonic: () => clocks.monotonic, wall: () => clocks.wall });
  });

  it('the elapsed time begins at zero and advances with the clocks', () => {
    expect(time.ms()).toBe(0);
    clocks = { monotonic: 5_100, wall: 1_000_100 };
    expect(time.ms()).toBe(100);
  });

  it('the elapsed time advances while the machine sleeps and its monotonic clock stands still', () => {
    clocks.wall += 60_000;
    expect(time.ms()).toBe(60_000);
  });

  it('the elapsed time advances when the wall clock is set back', () => {
    clocks = { monotonic: 5_100, wall: 1_000 };
    expect(time.ms()).toBe(100);
    clocks = { monotonic: 5_200, wall: 1_100 };
    expect(time.ms()).toBe(200);
  });

  it('the elapsed time stays the same when both clocks go back', () => {
    clocks = { monotonic: 4_000, wall: 1_000 };
    expect(time.ms()).toBe(0);
  });
});
