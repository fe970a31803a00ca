import { read } from '../../scripts/docs.mjs';
import { problemsOf } from './support/grafana-model.js';

const BOARD = read('ops/grafana/nestjs-redis-session.json');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

describe('the board', () => {
  it('the model of boards that Grafana publishes accepts it', () => {
    expect(problemsOf(BOARD)).toEqual([]);
  });

  it('the model rejects unknown properties and values', () => {
    const problems = problemsOf(
      [
        ['"type":"row"', '"kind":1,"type":"row"'],
        ['"mode":"normal"', '"mode":"heap"'],
        ['"expr":', '"expression":'],
        ['"graphTooltip":1', '"graphTooltip":"yes"'],
      ].reduce(replaced, JSON.stringify(JSON.parse(BOARD))),
    ).join('\n');
    for (const message of [/"kind"/, /"heap"/, /"expression"/, /DashboardCursorSync/])
      expect(problems).toMatch(message);
  });

  it('the panels have ids of their own and do not overlap', () => {
    const { panels } = JSON.parse(BOARD) as { readonly panels: readonly Panel[] };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

function replaced(json: string, [text = '', replacement = '']: readonly string[]): string {
  expect(json).toContain(text);
  return json.replace(text, replacement);
}
