import type { MetricName } from 'nestjs-redis-session/telemetry';
import type { Attributes } from './promql.js';

/** An alert, as a rule of Prometheus and as an alarm of CloudWatch. */
export interface Alert {
  readonly name: string;
  /** `critical`: users are affected now. `warning`: they will be, or an attack may be under way. */
  readonly severity: 'critical' | 'warning';
  /** The condition, in PromQL. */
  readonly expression: string;
  /** Time for which the condition must hold, in minutes. */
  readonly forMinutes: number;
  readonly summary: string;
  /** The text of one alert. Labels stand as `{{ $labels.job }}`, and the value as `{{ $value | humanize }}`. */
  readonly description: string;
  readonly alarm: Alarm;
  /** Cases for `promtool test rules`: at least one that fires, and one that does not. */
  readonly cases: readonly AlertCase[];
}

/** Samples under which an alert fires or does not. */
export interface AlertCase {
  readonly title: string;
  /** The samples, one per minute, by the selector of their series. */
  readonly series: Readonly<Record<string, string>>;
  /** Time of the evaluation, in minutes. */
  readonly afterMinutes: number;
  /** The expected alerts; none if the alert must not fire. */
  readonly fires: readonly ExpectedAlert[];
}

export interface ExpectedAlert {
  readonly labels: Readonly<Record<string, string>>;
  /** The text of `{{ $value }}` in the description. */
  readonly value?: string;
}

/** An alarm of CloudWatch: a metric, or an expression over several, and its bound. */
export interface Alarm {
  readonly metrics: Readonly<Record<string, AlarmMetric>>;
  /** Metric math over the metrics. A single metric needs none. */
  readonly expression?: string;
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  readonly periodMinutes: number;
  /** Number of periods in a row that must exceed the bound. */
  readonly periods: number;
}

export interface AlarmMetric {
  readonly name: MetricName;
  /** At most one attribute, because the exporter rolls metrics up by single dimensions. */
  readonly attributes?: Attributes;
  readonly statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum';
}
