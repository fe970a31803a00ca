import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { Public } from 'nestjs-redis-session';
import { Drain } from './drain.js';

/** The health check of a load balancer. */
@Controller('ready')
@Public()
export class ReadinessController {
  constructor(private readonly drain: Drain) {}

  /**
   * Responds with 503 once the process is stopping. Does not query Redis: an outage concerns all processes alike, and a load
   * balancer without a ready process replaces their responses by its own.
   */
  @Get()
  check(): { status: 'ready' } {
    if (this.drain.isDraining) throw new ServiceUnavailableException({ status: 'draining' });
    return { status: 'ready' };
  }
}
