import { Controller, Get, Module, Post, Req } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  Public,
  type RequestWithSession,
  SessionCsrfGuard,
  SessionGuard,
  SessionModule,
  SessionService,
  SkipCsrf,
} from 'nestjs-redis-session';

// #region form
@Controller()
export class TransferController {
  constructor(private readonly sessions: SessionService) {}

  @Get('transfer')
  form(@Req() request: RequestWithSession) {
    return `<form method="post"><input type="hidden" name="_csrf" value="${this.sessions.csrfToken(request)}">…</form>`;
  }

  @Post('transfer')
  transfer() {
    return 'Sent.';
  }
}
// #endregion form

// #region webhook
@Controller('webhooks')
export class WebhookController {
  @Public()
  @SkipCsrf()
  @Post('payments')
  payment() {
    // Checks the signature of the request.
  }
}
// #endregion webhook

// #region module
@Module({
  imports: [
    SessionModule.forRoot({
      redis: 'redis://127.0.0.1:6379',
      csrf: { origins: ['https://app.example.com'], secret: process.env['CSRF_SECRET'] },
    }),
  ],
  controllers: [TransferController, WebhookController],
  providers: [
    { provide: APP_GUARD, useClass: SessionCsrfGuard },
    { provide: APP_GUARD, useClass: SessionGuard },
  ],
})
export class AppModule {}
// #endregion module
