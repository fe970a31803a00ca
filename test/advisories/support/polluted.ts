// A process with a polluted Object.prototype. Prints what a visitor sees there, as JSON.
import 'reflect-metadata';
import { Controller, Get, Module, Post, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type RequestWithSession, SessionGuard, SessionModule, SessionService } from 'nestjs-redis-session';
import { decodeNotice, passportPrincipal } from '../../support/white-box.js';

const [, , platform, redis, prefix] = process.argv;

@Controller()
class VisitorController {
  constructor(private readonly sessions: SessionService) {}

  @Post('visit')
  visit(@Req() request: RequestWithSession<{ cart: string[] }>) {
    request.session.cart = ['kite'];
  }

  @Get('who')
  who(@Req() request: RequestWithSession<{ cart: string[] }>) {
    return { fields: { ...request.session }, ...this.sessions.describe(request) };
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me() {
    return 'let in';
  }
}

@Module({
  imports: [
    SessionModule.forRoot({
      redis,
      prefix,
      outage: { deadline: '5s' },
      redisChecks: { ignore: ['no-persistence'] },
      cookie: { secure: false },
    }),
  ],
  controllers: [VisitorController],
})
class AppModule {}

const adapter = platform === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();

const polluted = Object.prototype as unknown as Record<string, unknown>;
const pollution = {
  ...{ u: 'admin', t: String(Date.now()), d: 'Firefox', l: '192.0.2.1', k: '1', r: '1', '.isAdmin': 'true' },
  ...{ user: 'admin', reason: 'revoked', by: { device: 'Firefox', address: '192.0.2.1' } },
};
Object.assign(polluted, pollution);
const outcome: unknown = await visit().finally(() => {
  for (const name of Object.keys(pollution)) Reflect.deleteProperty(polluted, name);
});
process.stdout.write(JSON.stringify(outcome));
await app.close();

async function visit() {
  const { headers } = await fetch(`${url}/visit`, { method: 'POST' });
  const cookie = (headers.get('set-cookie') ?? '').split(';')[0] as string;
  const who = await fetch(`${url}/who`, { headers: { cookie } });
  const me = await fetch(`${url}/me`, { headers: { cookie } });
  return {
    who: await who.text(),
    me: me.status,
    notice: Object.hasOwn(decodeNotice('1:{}') ?? {}, 'reason'),
    by: decodeNotice('1:{"reason":"evicted"}')?.by ?? null,
    principal: passportPrincipal().userIdOf({}),
  };
}
