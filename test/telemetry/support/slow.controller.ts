import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { type RequestLike, Session, SessionService } from 'nestjs-redis-session';
import type { AnySession } from '../../support/stage.js';

/** Handlers that use the session when a test lets them. */
@Controller()
export class SlowController {
  private static waiters: (() => void)[] = [];

  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  /** The number of requests that wait. */
  static get waiting(): number {
    return SlowController.waiters.length;
  }

  static release(): void {
    for (const go of SlowController.waiters.splice(0)) go();
  }

  @Post('slow-write')
  @HttpCode(204)
  async write(@Session() session: AnySession): Promise<void> {
    await SlowController.wait();
    session['late'] = true;
  }

  @Post('slow-sign-in')
  @HttpCode(204)
  async signIn(@Req() request: RequestLike): Promise<void> {
    await SlowController.wait();
    await this.sessions.signIn(request, { id: 'eve' });
  }

  private static wait(): Promise<void> {
    return new Promise((go) => SlowController.waiters.push(go));
  }
}
