/**
 * The kind of a metric.
 *
 * - `counter`: a total since the start of the process, which only grows
 * - `updowncounter`: a total that also falls
 * - `gauge`: a value at the moment
 * - `histogram`: the distribution of values since the start of the process
 */
export type MetricKind = 'counter' | 'updowncounter' | 'gauge' | 'histogram';

/** A metric of the catalogue. */
export interface Metric {
  /** The name by the conventions of OpenTelemetry, such as `session.requests`. */
  readonly name: string;
  readonly kind: MetricKind;
  /** The unit in UCUM notation: `s`, `By`, `1` for a ratio, or a noun in braces such as `{request}`. */
  readonly unit: string;
  /** A noun phrase that ends with a period. */
  readonly description: string;
  /** The attributes by name, with every value that each of them takes; none if the values are not known in advance. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** The upper bounds of a histogram's buckets, in the metric's unit. */
  readonly buckets?: readonly number[];
}

/** Suffixes that Prometheus expects for units. */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes', 1: '_ratio' };

/**
 * Returns the name under which Prometheus knows a metric, by OpenTelemetry's rules of translation: with the unit, and with
 * `_total` for a counter. A histogram has three series, whose names end in `_bucket`, `_sum` and `_count`.
 */
export function prometheusName({ name, kind, unit }: Pick<Metric, 'name' | 'kind' | 'unit'>): string {
  const suffix = UNIT_SUFFIXES[unit] ?? '';
  return `${prometheusLabel(name)}${suffix}${kind === 'counter' ? '_total' : ''}`;
}

/** Returns the name of the label under which Prometheus knows an attribute. */
export function prometheusLabel(attribute: string): string {
  return attribute.replaceAll('.', '_');
}
