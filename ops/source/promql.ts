import { METRICS, type MetricName, prometheusLabel, prometheusName } from 'nestjs-redis-session/telemetry';

/** Values of attributes: one, or a list of which any matches. */
export type Attributes = Readonly<Record<string, string | readonly string[]>>;

/** Labels that Prometheus adds to every series it scrapes. */
type TargetLabel = 'job' | 'instance';

/** The labels by which an expression groups: those of the target, and attributes of the metric. */
export type Grouping = readonly (TargetLabel | (string & {}))[];

const TARGET_LABELS: readonly string[] = ['job', 'instance'] satisfies TargetLabel[];

function metricOf(name: MetricName) {
  const metric = METRICS.find((each) => each.name === name);
  if (!metric) throw new Error(`expected the name of a metric, received ${name}`);
  return metric;
}

/**
 * Returns the label of an attribute.
 *
 * @throws Error if the metric has no such attribute, or if it takes none of these values
 */
function labelOf(name: MetricName, attribute: string, values: readonly string[] = []): string {
  const known = (metricOf(name).attributes as Attributes)[attribute];
  if (!known) throw new Error(`${name}: expected an attribute of the catalogue, received ${attribute}`);
  const unknown = values.filter((value) => known.length > 0 && !known.includes(value));
  if (unknown.length > 0) {
    throw new Error(
      `${name}: expected values of ${attribute} (${String(known)}), received ${unknown.join()}`,
    );
  }
  return prometheusLabel(attribute);
}

/** @throws Error if the metric has no such attributes, or if they take none of these values */
export function checkAttributes(name: MetricName, attributes: Attributes): void {
  for (const [attribute, value] of Object.entries(attributes)) labelOf(name, attribute, [value].flat());
}

function matcher(name: MetricName, attribute: string, value: string | readonly string[]): string {
  if (typeof value === 'string') return `${labelOf(name, attribute, [value])}="${value}"`;
  return `${labelOf(name, attribute, value)}=~"${value.join('|')}"`;
}

/** Writes the expressions of one file, whose series may all have further matchers, such as those of a board's variables. */
export class PromQL {
  /**
   * @param matchers of every series
   * @param window of a rate that has none of its own
   */
  constructor(
    private readonly matchers: readonly string[],
    private readonly window: string,
  ) {}

  /** Returns the selector of a metric. A histogram needs the name of one of its series. */
  series(
    name: MetricName,
    attributes: Attributes = {},
    part: '' | '_bucket' | '_count' | '_sum' = '',
  ): string {
    const metric = metricOf(name);
    if ((metric.kind === 'histogram') !== (part !== '')) {
      throw new Error(`${name}: expected a part of a histogram, and of no other metric, received "${part}"`);
    }
    const own = Object.entries(attributes).map(([attribute, value]) => matcher(name, attribute, value));
    const matchers = [...own, ...this.matchers].join(', ');
    return `${prometheusName(metric)}${part}${matchers === '' ? '' : `{${matchers}}`}`;
  }

  /** Returns the increase per second of a counter, summed over the processes. */
  rate(name: MetricName, by: Grouping, attributes: Attributes = {}, window = this.window): string {
    return `sum${this.by(name, by)} (rate(${this.series(name, attributes)}[${window}]))`;
  }

  /** Returns the increase of a counter within a window, summed over the processes. */
  increase(name: MetricName, by: Grouping, attributes: Attributes, window: string): string {
    return `sum${this.by(name, by)} (increase(${this.series(name, attributes)}[${window}]))`;
  }

  /** Returns the number of observations per second of a histogram. */
  observations(name: MetricName, by: Grouping): string {
    return `sum${this.by(name, by)} (rate(${this.series(name, {}, '_count')}[${this.window}]))`;
  }

  /** Returns a quantile of a histogram. */
  quantile(quantile: number, name: MetricName, by: Grouping, attributes: Attributes = {}): string {
    const grouping = this.by(name, by, ['le']);
    const buckets = this.series(name, attributes, '_bucket');
    return `histogram_quantile(${quantile}, sum${grouping} (rate(${buckets}[${this.window}])))`;
  }

  /** Returns the largest value of a gauge. */
  max(name: MetricName, by: Grouping, attributes: Attributes = {}): string {
    return `max${this.by(name, by)} (${this.series(name, attributes)})`;
  }

  /** Returns the sum of a gauge over the processes. */
  sum(name: MetricName, by: Grouping, attributes: Attributes = {}): string {
    return `sum${this.by(name, by)} (${this.series(name, attributes)})`;
  }

  private by(name: MetricName, by: Grouping, more: readonly string[] = []): string {
    const labels = by.map((each) => (TARGET_LABELS.includes(each) ? each : labelOf(name, each)));
    return [...labels, ...more].length === 0 ? '' : ` by (${[...labels, ...more].join(', ')})`;
  }
}
