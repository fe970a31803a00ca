/**
 * `nestjs-redis-session/telemetry`: metrics and spans for operators.
 *
 * @packageDocumentation
 */
export { METRICS, type MetricName } from './catalogue.js';
export { prometheusLabel, prometheusName, type Metric, type MetricKind } from './metric.js';
