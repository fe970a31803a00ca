import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, HttpCode, Inject, Param, Req, Res } from '@nestjs/common';
import { type RequestWithSession, Session } from 'nestjs-redis-session';

/** Fields of any name, for tests that do not care for types. */
export type Fields = Record<string, unknown>;
export type AnySession = Session<Fields>;
export type StageRequest = RequestWithSession<Fields> & { session: AnySession; user?: unknown };
export type RawRequest = IncomingMessage & { session: AnySession };

/** A handler on the stage. */
export type Act = (session: AnySession, request: StageRequest) => unknown;
export type RawAct = (response: ServerResponse, request: RawRequest) => unknown;

/** Routes whose handlers each test sets, so that a test reads from top to bottom. */
export class Stage {
  private readonly acts = new Map<string, Act>();
  private readonly rawActs = new Map<string, RawAct>();

  /** Sets the handler of `/stage/<name>`, whose result is the response. */
  on(name: string, act: Act): void {
    this.acts.set(name, act);
  }

  /** Sets the handler of `/raw/<name>`, which writes to Node's own response. */
  onRaw(name: string, act: RawAct): void {
    this.rawActs.set(name, act);
  }

  act(name: string): Act {
    return this.acts.get(name) ?? (() => undefined);
  }

  rawAct(name: string): RawAct {
    return this.rawActs.get(name) ?? ((response) => response.end());
  }
}

interface FastifyLikeReply {
  readonly raw: ServerResponse;
  hijack(): void;
}

@Controller()
export class StageController {
  constructor(@Inject(Stage) private readonly stage: Stage) {}

  @All('stage/:name')
  @HttpCode(200)
  play(@Param('name') name: string, @Session() session: AnySession, @Req() request: StageRequest): unknown {
    return this.stage.act(name)(session, request);
  }

  @All('raw/:name')
  playRaw(
    @Param('name') name: string,
    @Req() request: RawRequest | { readonly raw: RawRequest },
    @Res() response: ServerResponse | FastifyLikeReply,
  ): unknown {
    if ('hijack' in response) response.hijack();
    return this.stage.rawAct(name)(
      'hijack' in response ? response.raw : response,
      'raw' in request ? request.raw : request,
    );
  }
}

/** Returns the parts of a scenario with a stage. */
export function staged(stage: Stage) {
  return { controllers: [StageController], providers: [{ provide: Stage, useValue: stage }] };
}
