import {
  GraphDrawStyle,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Panel } from './panel.js';
import { PromQL } from './promql.js';
import { ROWS } from './rows/index.js';

const UID = 'nestjs-redis-session';
/** The variable with which a viewer chooses the Prometheus. */
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** The grid of a board has 24 columns. */
const STAT = { span: 4, height: 4 };
const CHART = { span: 8, height: 7 };
const FILL_OPACITY = 20;
const LETTER_A = 65;

const everywhere = new PromQL([], '5m');

/** Returns the board in the JSON that Grafana imports. */
export function boardFile(): string {
  const board = new DashboardBuilder('Sessions')
    .uid(UID)
    .description(
      'Sessions of nestjs-redis-session: requests, sessions, correctness, the store, the cache and Redis',
    )
    .tags(['nestjs-redis-session'])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(variable('job', `label_values(${everywhere.series('session.requests')}, job)`))
    .withVariable(
      variable(
        'instance',
        `label_values(${new PromQL(['job=~"$job"'], '5m').series('session.requests')}, instance)`,
      ),
    );
  let id = 0;
  for (const { title, panels } of ROWS) {
    board.withRow(new RowBuilder(title).id((id += 1)));
    for (const panel of panels) {
      board.withPanel((panel.kind === 'stat' ? stat(panel) : chart(panel)).id((id += 1)));
    }
  }
  return JSON.stringify(board.build());
}

function variable(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(name)
    .datasource(DATASOURCE)
    .query({ query, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: 'All', value: '$__all' });
}

function stat(panel: Panel): StatBuilder {
  const builder = new StatBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(DATASOURCE)
    .unit(panel.unit)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .span(STAT.span)
    .height(STAT.height);
  return targetsOf(panel).reduce((each, target) => each.withTarget(target), builder);
}

function chart(panel: Panel): TimeSeriesBuilder {
  const builder = new TimeSeriesBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(DATASOURCE)
    .unit(panel.unit)
    .min(0)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(panel.kind === 'stacked' ? FILL_OPACITY : 0)
    .span(CHART.span)
    .height(CHART.height);
  if (panel.kind === 'stacked') builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  return targetsOf(panel).reduce((each, target) => each.withTarget(target), builder);
}

function targetsOf({ queries }: Panel): DataqueryBuilder[] {
  return queries.map(({ expression, legend }, index) =>
    new DataqueryBuilder()
      .expr(expression)
      .legendFormat(legend)
      .refId(String.fromCharCode(LETTER_A + index))
      .range(),
  );
}
