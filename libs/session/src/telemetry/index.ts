/**
 * `nestjs-redis-session/telemetry`: metrics and spans for operators, through OpenTelemetry or `prom-client`.
 *
 * @packageDocumentation
 */

// Report metrics and spans
export { openTelemetry, OpenTelemetryOptions } from './open-telemetry.js';
export { prometheus, PrometheusOptions, type PrometheusRegistry } from './prometheus.js';
export { SessionMetricsModule, type SessionMetricsOptions } from '../nest/metrics/session-metrics.module.js';

// Write a backend
export type {
  Reading,
  ReadMetric,
  RecordedMetric,
  RunningTelemetry,
  SessionTelemetry,
  TelemetrySource,
} from './telemetry.js';
export type { TelemetryOptions } from './telemetry-options.js';

// Generate boards, alerts and pages
export { METRICS, type MetricName } from './catalogue.js';
export { prometheusLabel, prometheusName, type Metric, type MetricKind } from './metric.js';
