import type { Attributes, Grouping } from './promql.js';
import { PromQL } from './promql.js';
import { prometheusLabel, type MetricName } from 'nestjs-redis-session/telemetry';

/** A query of a panel, with the text of its legend. */
export interface PanelQuery {
  readonly expression: string;
  /** A text in which `{{label}}` stands for the value of a label. */
  readonly legend: string;
}

/** A panel of the board. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly kind: 'stat' | 'lines' | 'stacked';
  /** The unit, by its name in Grafana. */
  readonly unit: string;
  readonly queries: readonly PanelQuery[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The series of the selected jobs and processes, and a window that fits the resolution of a panel. */
export const board = new PromQL(['job=~"$job"', 'instance=~"$instance"'], '$__rate_interval');
export const SERVER: Grouping = ['server.address', 'server.port'];
export const OF_SERVER = '{{server_address}}:{{server_port}}';
const QUANTILES = [
  [0.5, 'p50'],
  [0.99, 'p99'],
] as const;

/** Returns a query for the rate of a counter by the values of one attribute. */
export function rateBy(name: MetricName, attribute: string): PanelQuery {
  return { expression: board.rate(name, [attribute]), legend: `{{${prometheusLabel(attribute)}}}` };
}

export function rateOf(name: MetricName, legend: string, attributes: Attributes = {}): PanelQuery {
  return { expression: board.rate(name, [], attributes), legend };
}

export function maxOf(name: MetricName, legend: string): PanelQuery {
  return { expression: board.max(name, []), legend };
}

export function sumOf(name: MetricName, legend: string): PanelQuery {
  return { expression: board.sum(name, []), legend };
}

/** Returns a query for the figure of each server. */
export function ofServers(name: MetricName, legend = ''): PanelQuery {
  return { expression: board.max(name, SERVER), legend: `${legend} ${OF_SERVER}`.trim() };
}

export function rateOfServers(name: MetricName, legend = '', attributes: Attributes = {}): PanelQuery {
  return { expression: board.rate(name, SERVER, attributes), legend: `${legend} ${OF_SERVER}`.trim() };
}

export function quantilesOf(name: MetricName): PanelQuery[] {
  return QUANTILES.map(([share, legend]) => ({ expression: board.quantile(share, name, []), legend }));
}

/** Returns the share of the values of an attribute in a counter. */
export function shareOf(
  name: MetricName,
  attributes: Attributes,
  legend: string,
  by: Grouping = [],
): PanelQuery {
  return { expression: `${board.rate(name, by, attributes)} / ${board.rate(name, by)}`, legend };
}
