import { loadOptional } from '../core/runtime/optional-package.js';
import { isFunction, isObject, Rule } from '../options/rule.js';
import type { SessionTelemetry } from './telemetry.js';
import { resolveTelemetry, TelemetryOptions } from './telemetry-options.js';

/** A registry of `prom-client`, as far as this package uses it. */
export interface PrometheusRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
  removeSingleMetric(name: string): void;
}

/** Options of {@link prometheus}. */
export class PrometheusOptions extends TelemetryOptions {
  /**
   * The registry of `prom-client` that receives the metrics.
   *
   * @defaultValue the default registry of `prom-client`
   */
  @Rule({
    expected: 'a Registry of prom-client',
    accepts: (value) => isObject(value) && isFunction(value['removeSingleMetric']),
    remedy: 'Leave it out for the default registry.',
  })
  readonly registry?: PrometheusRegistry;
}

/**
 * Reports metrics to a registry of `prom-client`. `SessionMetricsModule` serves the registry, if the application does not.
 *
 * @throws SessionOptionsError if an option is invalid
 * @example
 * SessionModule.forRoot({ redis: process.env.REDIS_URL, telemetry: prometheus() })
 */
export function prometheus(options: PrometheusOptions = {}): SessionTelemetry {
  const resolved = resolveTelemetry('prometheus()', PrometheusOptions, options);
  return {
    liveEveryMs: resolved.liveEveryMs,
    serversEveryMs: resolved.serversEveryMs,
    async start(source) {
      const load = () => import('./prometheus.instruments.js');
      const { PrometheusInstruments } = await loadOptional(['prom-client'], load);
      return new PrometheusInstruments(source, resolved.registry ?? null);
    },
  };
}
