import { Controller, Get } from '@nestjs/common';
import { Public, SessionService } from 'nestjs-redis-session';

@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly sessions: SessionService) {}

  /** Responds with 503 when the store is unavailable: the session module turns that error into the response. */
  @Get()
  async check(): Promise<{ status: 'ok' }> {
    await this.sessions.ping();
    return { status: 'ok' };
  }
}
