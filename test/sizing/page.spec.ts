import { read } from '../../scripts/docs.mjs';
import { PAGE, withCurrentFigures, withoutAlignment } from './support/page.js';
import { predictedBytes, readResults } from './support/results.js';
import { SHAPES } from './support/shapes.js';

const SIZES = [10_000, 100_000, 1_000_000];
const PROMISE = 0.1;

describe('the page about sizing', () => {
  it('repeats the outputs of its commands and the tables of the model (npm run docs:sizing writes them)', async () => {
    const page = read(PAGE);
    expect(withoutAlignment(page)).toBe(withoutAlignment(await withCurrentFigures(page)));
  });

  it('lists a measurement of each shape at each size', async () => {
    const { rows } = await readResults();
    const expected = SIZES.flatMap((sessions) => SHAPES.map(({ name }) => [sessions, name]));
    expect(rows.map(({ sessions, shape }) => [sessions, shape])).toEqual(expected);
  });

  it('predicts within 10 % of what was measured', async () => {
    const { rows } = await readResults();
    const differences = rows.map((row) => Math.abs(predictedBytes(row) / row.measuredBytes - 1));
    expect(differences.filter((difference) => difference > PROMISE)).toEqual([]);
  });
});
