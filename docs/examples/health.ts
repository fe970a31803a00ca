import { Controller, Get, Module } from '@nestjs/common';
import { Public, SessionModule, SessionService } from 'nestjs-redis-session';

// #region health
@Controller('health')
@Public()
class HealthController {
  constructor(private readonly sessions: SessionService) {}

  @Get()
  async check() {
    await this.sessions.ping(); // 503 when the store does not answer in time
    return { status: 'ok' };
  }
}
// #endregion health

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  controllers: [HealthController],
})
export class AppModule {}
