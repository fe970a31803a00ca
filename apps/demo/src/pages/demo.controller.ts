import { Controller, Get, Inject } from '@nestjs/common';
import { Public, Session } from 'nestjs-redis-session';
import { SETTINGS } from '../settings/settings.js';
import type { Settings } from '../settings/settings.js';
import { STORAGE } from '../storage/storage.module.js';
import type { Storage } from '../storage/storage.js';
import { CookieLog } from './cookie-log.js';

/** Gives the pages the configuration of the demo, and the cookie that scripts cannot read. */
@Controller('api')
@Public()
export class DemoController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly cookies: CookieLog,
  ) {}

  @Get('demo')
  info(): object {
    const { httpAdapter, session, lab } = this.settings;
    return {
      httpAdapter,
      storedIn: this.storage.url === null ? 'memory' : 'redis',
      limit: session.limit ?? null,
      lab,
    };
  }

  @Get('cookie')
  cookie(@Session() session: Session): object {
    return { line: this.cookies.of(session.id) };
  }
}
