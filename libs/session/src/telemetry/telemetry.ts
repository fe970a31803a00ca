import type { SessionInstruments } from '../core/runtime/instruments.js';
import type { MetricName } from './catalogue.js';

/** A value of a metric, with its attributes. */
export interface Reading {
  readonly value: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** The metrics that are recorded call by call. All others are read. */
export type RecordedMetric = 'db.client.operation.duration' | 'session.size';

/** The metrics whose values are read when a backend collects them. */
export type ReadMetric = Exclude<MetricName, RecordedMetric>;

/** The values of a running application. */
export interface TelemetrySource {
  /** The store, as `db.system.name` names it. */
  readonly system: 'redis' | 'memory' | 'custom';
  /** Returns the present values of a metric; none if the application has none. Never rejects. */
  read(metric: ReadMetric): readonly Reading[] | Promise<readonly Reading[]>;
}

/** The connection of a running application to a backend of metrics. */
export interface RunningTelemetry {
  readonly instruments: SessionInstruments;
  /** Withdraws the metrics from the backend, when the application shuts down. */
  close(): void;
}

/** A backend of metrics, for the option `telemetry`: what `openTelemetry()` and `prometheus()` return. */
export interface SessionTelemetry {
  /** The interval at which live sessions are estimated, in milliseconds; `null` for never. */
  readonly liveEveryMs: number | null;
  /** The interval at which the figures of the Redis servers are sampled, in milliseconds; `null` for never. */
  readonly serversEveryMs: number | null;
  /** Connects an application that starts. */
  start(source: TelemetrySource): Promise<RunningTelemetry>;
}
