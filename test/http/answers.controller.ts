import { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import type { MessageEvent } from '@nestjs/common';
import {
  All,
  BadRequestException,
  Controller,
  Get,
  HttpCode,
  Redirect,
  Req,
  Res,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { from, type Observable } from 'rxjs';
import type { StageRequest } from '../support/stage.js';

/** A body that exceeds all buffers on its way. */
export const LARGE = Buffer.alloc(3 << 20, 'every byte of this must arrive in order; ');

type ExpressResponse = ServerResponse & {
  json(body: unknown): void;
  redirect(status: number, url: string): void;
};
interface FastifyReply {
  readonly raw: ServerResponse;
  send(body: unknown): void;
  redirect(url: string, status: number): void;
  hijack(): void;
}

/** Responds in every way that a handler can. With `?write`, the handler writes to the session first. */
@Controller('answers')
export class AnswersController {
  @Get('value')
  value(@Req() request: StageRequest) {
    write(request);
    return { hello: 'world' };
  }

  @Get('text')
  text(@Req() request: StageRequest) {
    write(request);
    return 'hello';
  }

  @Get('nothing')
  @HttpCode(204)
  nothing(@Req() request: StageRequest) {
    write(request);
  }

  @Get('later')
  async later(@Req() request: StageRequest) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    write(request);
    return { hello: 'later' };
  }

  @Get('json')
  json(@Req() request: StageRequest, @Res() response: ExpressResponse | FastifyReply) {
    write(request);
    if ('hijack' in response) response.send({ hello: 'world' });
    else response.json({ hello: 'world' });
  }

  @Get('redirect')
  @Redirect('/elsewhere', 303)
  redirect(@Req() request: StageRequest) {
    write(request);
  }

  @Get('redirect-by-hand')
  redirectByHand(@Req() request: StageRequest, @Res() response: ExpressResponse | FastifyReply) {
    write(request);
    if ('hijack' in response) response.redirect('/elsewhere', 302);
    else response.redirect(302, '/elsewhere');
  }

  @Get('file')
  file(@Req() request: StageRequest) {
    write(request);
    return new StreamableFile(chunks(LARGE), { type: 'text/plain', length: LARGE.length });
  }

  @Get('stream')
  stream(@Req() request: StageRequest, @Res() response: ExpressResponse | FastifyReply) {
    write(request);
    const stream = chunks(LARGE);
    if ('hijack' in response) response.send(stream);
    else stream.pipe(response);
  }

  @Sse('events')
  events(@Req() request: StageRequest): Observable<MessageEvent> {
    write(request);
    return from([{ data: 'one' }, { data: 'two' }]);
  }

  @Get('exception')
  exception(@Req() request: StageRequest) {
    write(request);
    throw new BadRequestException('not like this');
  }

  @Get('crash')
  crash(@Req() request: StageRequest) {
    write(request);
    throw new Error('a fault of the application');
  }

  @All('end')
  end(@Req() request: StageRequest, @Res() response: ExpressResponse | FastifyReply) {
    write(request);
    if ('hijack' in response) response.hijack();
    ('hijack' in response ? response.raw : response).end('hello');
  }
}

function write(request: StageRequest): void {
  if ((request as unknown as { url: string }).url.endsWith('?write')) request.session['written'] = true;
}

/** Returns a stream that begins with a small chunk, as is common, and continues with large ones. */
function chunks(content: Buffer): Readable {
  return Readable.from(
    (function* () {
      yield content.subarray(0, 10);
      for (let at = 10; at < content.length; at += 1 << 16) yield content.subarray(at, at + (1 << 16));
    })(),
    { objectMode: false },
  );
}
