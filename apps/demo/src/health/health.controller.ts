import { Controller, Get } from '@nestjs/common';
import { Public, SessionService } from 'nestjs-redis-session';

@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly sessions: SessionService) {}

  /** When the store does not answer, the session module answers for it: 503. */
  @Get()
  async check(): Promise<{ status: 'ok' }> {
    await this.sessions.ping();
    return { status: 'ok' };
  }
}
