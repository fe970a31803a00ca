import { Module } from '@nestjs/common';
import { SessionModule } from 'nestjs-redis-session';
import { openTelemetry, prometheus, SessionMetricsModule } from 'nestjs-redis-session/telemetry';

const redis = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

// #region open-telemetry
@Module({
  imports: [SessionModule.forRoot({ redis, telemetry: openTelemetry({ servers: '15s' }) })],
})
export class TracedModule {}
// #endregion open-telemetry

// #region prometheus
@Module({
  imports: [
    SessionModule.forRoot({ redis, telemetry: prometheus({ servers: '15s' }) }),
    SessionMetricsModule.forRoot({ path: 'metrics' }),
  ],
})
export class ScrapedModule {}
// #endregion prometheus
