import { readFileSync } from 'node:fs';
import { METRICS, prometheusName } from 'nestjs-redis-session/telemetry';
import { parse } from 'yaml';
import { ALERTS } from '../../ops/source/alerts/index.js';
import { generateFiles } from '../../ops/source/files.js';
import { ROWS } from '../../ops/source/rows/index.js';
import { PromQL } from '../../ops/source/promql.js';
import { runbookOf, RUNBOOKS } from '../../ops/source/rules.js';
import { read } from '../../scripts/docs.mjs';
import { anchorsOf } from '../docs/support/markdown.js';

const BOARD = 'ops/grafana/nestjs-redis-session.json';
const RULES = 'ops/prometheus/alerts.yml';
const SERIES = /\b(?:session|db)_[a-z_]+(?=[{[)\s]|$)/g;
const LABELS = new Set(
  METRICS.flatMap(({ attributes }) => Object.keys(attributes)).map((name) => name.replaceAll('.', '_')),
);

interface Rules {
  readonly groups: readonly [
    { readonly rules: readonly { readonly alert: string; readonly expr: string }[] },
  ];
}

interface Board {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
}

/** Returns the names of series in expressions. Labels of groupings have names of the same form. */
function seriesIn(expressions: readonly string[]): Set<string> {
  const withoutGroupings = expressions.map((text) => text.replaceAll(/by \([^)]*\)/g, ''));
  return new Set(withoutGroupings.flatMap((text) => text.match(SERIES) ?? []));
}

/** Returns the names of all series of the catalogue. */
function knownSeries(): string[] {
  return METRICS.flatMap((metric) => {
    const name = prometheusName(metric);
    return metric.kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
  });
}

describe('the files in ops/', () => {
  it('every file is what the list of metrics generates: run "npm run ops"', async () => {
    for (const { path, text } of await generateFiles()) expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('the rules and the board name only series of the list', () => {
    const rules = (parse(read(RULES)) as Rules).groups[0].rules.map(({ expr }) => expr);
    const board = (JSON.parse(read(BOARD)) as Board).panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr),
    );
    for (const expressions of [rules, board]) {
      const series = [...seriesIn(expressions)];
      expect(series.length).toBeGreaterThan(5);
      expect(series.filter((name) => !knownSeries().includes(name) && !LABELS.has(name))).toEqual([]);
    }
  });

  it('the board shows every metric of the list', () => {
    const shown = seriesIn(
      ROWS.flatMap(({ panels }) =>
        panels.flatMap(({ queries }) => queries.map(({ expression }) => expression)),
      ),
    );
    const missing = METRICS.filter(
      (metric) => ![...shown].some((name) => name.startsWith(prometheusName(metric))),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it.each(ALERTS)('$name has a case in which it fires and one in which it does not', ({ cases }) => {
    expect(new Set(cases.map(({ fires }) => fires.length > 0))).toEqual(new Set([true, false]));
  });

  it.each(ALERTS)('$name has a runbook, with the condition of the rule', (alert) => {
    const [, anchor = ''] = runbookOf(alert).split('#');
    expect(anchorsOf(read(RUNBOOKS))).toContain(anchor);
    expect(read(RUNBOOKS)).toContain(`\n### ${alert.name}\n`);
  });
});

describe('an expression', () => {
  const query = new PromQL([], '5m');

  it.each([
    ['a name that is no metric', () => query.series('session.nothing' as never), /name of a metric/],
    [
      'an attribute of another metric',
      () => query.series('session.ended', { 'error.type': 'oom' }),
      /session\.ended/,
    ],
    [
      'an unknown value',
      () => query.series('session.ended', { 'session.end.reason': 'tired' }),
      /evicted.*tired/,
    ],
    ['a grouping by an unknown attribute', () => query.rate('session.ended', ['colour']), /received colour/],
    ['a histogram without a part', () => query.series('session.size'), /part of a histogram/],
    ['a part of a counter', () => query.series('session.ended', {}, '_sum'), /part of a histogram/],
  ])('%s is rejected', (_what, write, message) => {
    expect(write).toThrow(message);
  });
});
