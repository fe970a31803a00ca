import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { throwError } from 'rxjs';
import { SessionError } from '../core/errors/errors.js';
import type { HttpError } from '../http/http-error.js';
import { toHttpError } from '../http/http-error.js';
import { report } from '../http/report.js';
import { makeHttpExceptions } from './http-exceptions.js';

makeHttpExceptions();

/**
 * Sends the errors of this package as responses of each transport: over HTTP 409 with the live sessions, 401 with the reason,
 * 503 if the store is unavailable, and elsewhere the same body as an error of that transport.
 *
 * The module registers it for the whole application. Nest applies no global filters to WebSocket gateways: put
 * `@UseFilters(SessionErrorFilter)` on these.
 */
@Catch(SessionError)
export class SessionErrorFilter implements ExceptionFilter<SessionError> {
  private readonly logger = new Logger('SessionModule');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: SessionError, host: ArgumentsHost): Observable<never> | void {
    const answer = toHttpError(error);
    if (answer.statusCode >= 500) report(this.logger, error);
    switch (host.getType<string>()) {
      case 'http':
        return this.reply(host, answer);
      case 'rpc':
        return throwError(() => ({ status: 'error', ...answer.body }));
      case 'ws':
        return emitException(host, { status: 'error', ...answer.body });
      case 'graphql':
        throw toGraphqlError(answer);
      default:
        throw error;
    }
  }

  private reply(host: ArgumentsHost, { statusCode, headers, body }: HttpError): void {
    const { httpAdapter } = this.host;
    const response = host.switchToHttp().getResponse<object>();
    if (httpAdapter.isHeadersSent(response)) return void httpAdapter.end(response);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, statusCode);
  }
}

/** A client of socket.io, or of the package `ws`. */
interface WsClient {
  readonly readyState?: number;
  send?(text: string): unknown;
  emit?(event: string, payload: object): unknown;
}

/** Emits Nest's event for exceptions to a client, in Nest's form. */
function emitException(host: ArgumentsHost, body: object): void {
  const ws = host.switchToWs();
  const client = ws.getClient<WsClient>();
  const payload = { ...body, cause: { pattern: ws.getPattern(), data: ws.getData<unknown>() } };
  if (typeof client.readyState === 'number') {
    client.send?.(JSON.stringify({ event: 'exception', data: payload }));
  } else client.emit?.('exception', payload);
}

/** Returns an error that a GraphQL server shows unchanged: all of them take `extensions` from thrown errors. */
function toGraphqlError({ body }: HttpError): Error {
  const { message, ...extensions } = body as { readonly message: string };
  return Object.assign(new Error(message), { extensions });
}
