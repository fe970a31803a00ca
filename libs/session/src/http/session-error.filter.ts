import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SessionError } from '../core/errors.js';
import { toHttpError } from './http-error.js';
import { report } from './report.js';

/** Answers the errors of this package: 409 with the live sessions, 401 with the reason, 503 when the store is away. */
@Catch(SessionError)
export class SessionErrorFilter implements ExceptionFilter<SessionError> {
  private readonly logger = new Logger('SessionModule');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: SessionError, context: ArgumentsHost): void {
    if (context.getType() !== 'http') throw error;
    const { statusCode, headers, body } = toHttpError(error);
    if (statusCode >= 500) report(this.logger, error);
    const { httpAdapter } = this.host;
    const response = context.switchToHttp().getResponse<object>();
    if (httpAdapter.isHeadersSent(response)) return void httpAdapter.end(response);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, statusCode);
  }
}
