import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body, Controller, Get, HttpCode, type INestApplication, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import {
  CurrentUser,
  Public,
  Session,
  SessionGuard,
  SessionService,
  type RequestWithSession,
} from 'nestjs-redis-session';
import type { AnySession } from '../../support/stage.js';

/** Node's request as middleware sees it on both platforms, with the properties that middleware sets. */
export type NodeRequest = IncomingMessage & { session: AnySession } & Record<string, unknown>;
export type NodeResponse = ServerResponse & Record<string, unknown>;
export type AnyRequest = RequestWithSession & Record<string, unknown>;

/** Returns Node's request, which middleware of `app.use()` receives on both platforms. */
export function nodeRequestOf(request: AnyRequest): NodeRequest {
  return (request['raw'] ?? request) as NodeRequest;
}

/** Returns the Fastify instance of an application, to register plugins. */
export function fastifyOf(app: INestApplication): FastifyInstance {
  return app.getHttpAdapter().getInstance() as FastifyInstance;
}

interface SignIn {
  readonly user?: string;
  /** Field of the session to remove before the sign-in. */
  readonly without?: string;
}

/** The common part of the applications of this suite. */
@Controller()
export class Site {
  constructor(private readonly sessions: SessionService) {}

  @Public()
  @Post('cart')
  @HttpCode(200)
  fill(@Session() session: AnySession) {
    session['cart'] = ['book'];
    return { id: session.id };
  }

  @Public()
  @Get('cart')
  cart(@Session() session: AnySession) {
    return { cart: session['cart'] ?? null };
  }

  @Public()
  @Post('sign-in')
  @HttpCode(200)
  async signIn(@Req() request: AnyRequest, @Body() { user = 'alice', without }: SignIn = {}) {
    if (without !== undefined) delete (request.session as AnySession)[without];
    const { id } = await this.sessions.signIn(request, { id: user });
    return { id };
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me(@CurrentUser('id') id: string) {
    return { id };
  }

  @Public()
  @Get('fields')
  fields(@Session() session: AnySession) {
    return { ...session };
  }
}
