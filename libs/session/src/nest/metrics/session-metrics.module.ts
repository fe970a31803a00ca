import { createHash, timingSafeEqual } from 'node:crypto';
import type { DynamicModule, Type } from '@nestjs/common';
import {
  Controller,
  Get,
  Header,
  Headers,
  Module,
  UnauthorizedException,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { loadOptional } from '../../core/runtime/optional-package.js';
import { Public } from '../decorators/public.decorator.js';
import type { PrometheusRegistry } from '../../telemetry/prometheus.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Options of {@link SessionMetricsModule}. */
export interface SessionMetricsOptions {
  /**
   * The path of the metrics.
   *
   * @defaultValue 'metrics'
   */
  readonly path?: string;
  /**
   * The registry of `prom-client` that is served.
   *
   * @defaultValue the default registry of `prom-client`
   */
  readonly registry?: PrometheusRegistry;
  /**
   * The token that the collector sends in `Authorization: Bearer …`.
   *
   * @defaultValue none: any client may read the metrics, so keep the path from the public
   */
  readonly bearerToken?: string;
}

/**
 * Serves a registry of `prom-client` to Prometheus. Guards of the whole application, such as `SessionGuard`, let the route
 * pass.
 *
 * @example
 * @Module({ imports: [SessionModule.forRoot({ telemetry: prometheus() }), SessionMetricsModule.forRoot()] })
 * class AppModule {}
 */
@Module({})
export class SessionMetricsModule {
  static forRoot(options: SessionMetricsOptions = {}): DynamicModule {
    return { module: SessionMetricsModule, controllers: [controllerFor(options)] };
  }
}

/** Returns a controller, because a path is part of the class. */
function controllerFor({ path = 'metrics', registry, bearerToken }: SessionMetricsOptions): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  class SessionMetricsController {
    @Public()
    @Get()
    @Header('Content-Type', registry?.contentType ?? CONTENT_TYPE)
    @Header('Cache-Control', 'no-store')
    async read(@Headers('authorization') authorization?: string): Promise<string> {
      if (bearerToken !== undefined && !isEqual(authorization, `Bearer ${bearerToken}`)) {
        throw new UnauthorizedException('Send the token of the metrics in "Authorization: Bearer".');
      }
      return (registry ?? (await defaultRegistry())).metrics();
    }
  }
  return SessionMetricsController;
}

async function defaultRegistry(): Promise<PrometheusRegistry> {
  const { register } = await loadOptional(['prom-client'], () => import('prom-client'));
  return register;
}

/** Compares in constant time, so that the time reveals nothing of the token. */
function isEqual(received: string | undefined, expected: string): boolean {
  const [one, other] = [received ?? '', expected].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(one as Buffer, other as Buffer);
}
