import { loadOptional } from '../core/runtime/optional-package.js';
import { BOOLEAN, Rule } from '../options/rule.js';
import type { SessionTelemetry } from './telemetry.js';
import { resolveTelemetry, TelemetryOptions } from './telemetry-options.js';

/** Options of {@link openTelemetry}. */
export class OpenTelemetryOptions extends TelemetryOptions {
  /**
   * True to put the public ID of the session, `session.id`, on the spans. The ID opens no session, and may count as personal
   * data. No span carries a token.
   *
   * @defaultValue false
   */
  @Rule(BOOLEAN)
  readonly sessionIds?: boolean = false;
}

/**
 * Reports metrics and spans to the OpenTelemetry SDK that the application has registered, through `@opentelemetry/api`. Start
 * the SDK before the application. Spans are made for requests that are sampled, beneath the span of the request.
 *
 * @throws SessionOptionsError if an option is invalid
 * @example
 * SessionModule.forRoot({ redis: process.env.REDIS_URL, telemetry: openTelemetry() })
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): SessionTelemetry {
  const resolved = resolveTelemetry('openTelemetry()', OpenTelemetryOptions, options);
  return {
    liveEveryMs: resolved.liveEveryMs,
    serversEveryMs: resolved.serversEveryMs,
    async start(source) {
      const load = () => import('./open-telemetry.instruments.js');
      const { OpenTelemetryInstruments } = await loadOptional(['@opentelemetry/api'], load);
      return new OpenTelemetryInstruments(source, resolved.sessionIds === true);
    },
  };
}
