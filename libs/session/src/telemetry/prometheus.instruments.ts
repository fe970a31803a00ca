import { Counter, Gauge, Histogram, register, type Registry } from 'prom-client';
import type { SessionInstruments } from '../core/runtime/instruments.js';
import { METRICS } from './catalogue.js';
import { type Metric, prometheusLabel, prometheusName } from './metric.js';
import type { PrometheusRegistry } from './prometheus.js';
import type { Reading, ReadMetric, RecordedMetric, RunningTelemetry, TelemetrySource } from './telemetry.js';

/** A series of a histogram, whose labels are looked up once. */
type Series = Histogram.Internal<string>;

/** Reports metrics to a registry of prom-client, which has no spans. */
export class PrometheusInstruments implements SessionInstruments, RunningTelemetry {
  private readonly registry: Registry;
  private readonly histograms = new Map<string, Histogram>();
  /** The series of successful calls, by operation. */
  private readonly series = new Map<string, Series>();
  private readonly duration: Histogram;
  private readonly size: Histogram;

  constructor(
    private readonly source: TelemetrySource,
    registry: PrometheusRegistry | null,
  ) {
    this.registry = (registry as Registry | null) ?? register;
    for (const metric of METRICS) this.create(metric);
    this.duration = this.histogramOf('db.client.operation.duration');
    this.size = this.histogramOf('session.size');
  }

  get instruments(): SessionInstruments {
    return this;
  }

  recordCall(operation: string, seconds: number, errorType: string | null): void {
    if (errorType === null) this.seriesOf(operation).observe(seconds);
    else this.duration.observe({ ...this.labelsOf(operation), error_type: errorType }, seconds);
  }

  recordSize(bytes: number): void {
    this.size.observe(bytes);
  }

  trace<T>(_operation: unknown, run: () => Promise<T>): Promise<T> {
    return run();
  }

  close(): void {
    for (const metric of METRICS) this.registry.removeSingleMetric(prometheusName(metric));
  }

  private create(metric: Metric): void {
    const { source } = this;
    const { name, kind, description: help, attributes, buckets } = metric;
    const labelNames = Object.keys(attributes).map(prometheusLabel);
    const shared = { name: prometheusName(metric), help, labelNames, registers: [this.registry] };
    if (kind === 'histogram') {
      this.histograms.set(name, new Histogram({ ...shared, ...(buckets && { buckets: [...buckets] }) }));
      return;
    }
    const hasLabels = labelNames.length > 0;
    const readings = async () => source.read(name as ReadMetric);
    if (kind === 'counter') {
      new Counter({
        ...shared,
        async collect() {
          replace(this, hasLabels, await readings(), (labels, value) => this.inc(labels, value));
        },
      });
      return;
    }
    new Gauge({
      ...shared,
      async collect() {
        replace(this, hasLabels, await readings(), (labels, value) => this.set(labels, value));
      },
    });
  }

  private histogramOf(name: RecordedMetric): Histogram {
    return this.histograms.get(name) as Histogram;
  }

  private seriesOf(operation: string): Series {
    const known = this.series.get(operation);
    if (known) return known;
    const series = this.duration.labels(this.labelsOf(operation));
    this.series.set(operation, series);
    return series;
  }

  private labelsOf(operation: string) {
    return { db_system_name: this.source.system, db_operation_name: operation };
  }
}

type Labels = Record<string, string | number>;

/** Replaces the values of a metric, which prom-client keeps, by those that were read. */
function replace(
  metric: { reset(): void; remove(): void },
  hasLabels: boolean,
  readings: readonly Reading[],
  add: (labels: Labels, value: number) => void,
): void {
  metric.reset();
  // A metric without labels is 0 after a reset, and not absent.
  if (readings.length === 0 && !hasLabels) metric.remove();
  for (const { value, attributes = {} } of readings) {
    const labels = Object.entries(attributes).map(([name, text]) => [prometheusLabel(name), text] as const);
    add(Object.fromEntries(labels), value);
  }
}
