import type { Attributes, Histogram, Observable, ObservableCallback, Span, Tracer } from '@opentelemetry/api';
import { context, metrics, SpanStatusCode, trace } from '@opentelemetry/api';
import type { SessionInstruments, TracedOperation } from '../core/runtime/instruments.js';
import type { SessionId } from '../core/record/token.js';
import { VERSION } from '../version.js';
import { METRICS } from './catalogue.js';
import type { Metric } from './metric.js';
import type { ReadMetric, RecordedMetric, RunningTelemetry, TelemetrySource } from './telemetry.js';

const SCOPE = 'nestjs-redis-session';

/** Reports metrics and spans through the API of OpenTelemetry. */
export class OpenTelemetryInstruments implements SessionInstruments, RunningTelemetry {
  private readonly meter = metrics.getMeter(SCOPE, VERSION);
  private readonly tracer: Tracer = trace.getTracer(SCOPE, VERSION);
  private readonly histograms = new Map<string, Histogram>();
  private readonly observed: { readonly metric: Observable; readonly callback: ObservableCallback }[] = [];
  /** The attributes of successful calls, by operation, so that a call makes none. */
  private readonly attributes = new Map<string, Attributes>();
  private readonly duration: Histogram;
  private readonly size: Histogram;

  constructor(
    private readonly source: TelemetrySource,
    private readonly hasSessionIds: boolean,
  ) {
    for (const metric of METRICS) this.create(metric);
    this.duration = this.histogramOf('db.client.operation.duration');
    this.size = this.histogramOf('session.size');
  }

  get instruments(): SessionInstruments {
    return this;
  }

  recordCall(operation: string, seconds: number, errorType: string | null): void {
    const attributes = this.attributesOf(operation);
    this.duration.record(
      seconds,
      errorType === null ? attributes : { ...attributes, 'error.type': errorType },
    );
  }

  recordSize(bytes: number): void {
    this.size.record(bytes);
  }

  trace<T>(
    operation: TracedOperation,
    run: () => Promise<T>,
    idOf: (result: T) => SessionId | null,
  ): Promise<T> {
    // A span that nothing records costs as much as one that is exported, and one without a request says little.
    if (trace.getSpan(context.active())?.isRecording() !== true) return run();
    return this.tracer.startActiveSpan(`session ${operation}`, (span) => this.runIn(span, run, idOf));
  }

  close(): void {
    for (const { metric, callback } of this.observed) metric.removeCallback(callback);
  }

  private async runIn<T>(
    span: Span,
    run: () => Promise<T>,
    idOf: (result: T) => SessionId | null,
  ): Promise<T> {
    try {
      const result = await run();
      const id = this.hasSessionIds ? idOf(result) : null;
      if (id !== null) span.setAttribute('session.id', id);
      return result;
    } catch (error) {
      span.setAttribute('error.type', (error as Error).name);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  private create({ name, kind, unit, description, buckets }: Metric): void {
    const options = { unit, description };
    if (kind === 'histogram') {
      const advice = buckets && { explicitBucketBoundaries: [...buckets] };
      this.histograms.set(name, this.meter.createHistogram(name, { ...options, ...(advice && { advice }) }));
      return;
    }
    const metric = {
      counter: () => this.meter.createObservableCounter(name, options),
      updowncounter: () => this.meter.createObservableUpDownCounter(name, options),
      gauge: () => this.meter.createObservableGauge(name, options),
    }[kind]();
    const callback: ObservableCallback = async (result) => {
      for (const { value, attributes } of await this.source.read(name as ReadMetric)) {
        result.observe(value, attributes);
      }
    };
    metric.addCallback(callback);
    this.observed.push({ metric, callback });
  }

  private histogramOf(name: RecordedMetric): Histogram {
    return this.histograms.get(name) as Histogram;
  }

  private attributesOf(operation: string): Attributes {
    const known = this.attributes.get(operation);
    if (known) return known;
    const attributes = { 'db.system.name': this.source.system, 'db.operation.name': operation };
    this.attributes.set(operation, attributes);
    return attributes;
  }
}
