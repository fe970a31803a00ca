import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import cookieSession from 'cookie-session';
import express from 'express';
import expressSession from 'express-session';
import { Session } from 'nestjs-redis-session';
import { startApp } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform, platforms } from '../support/platforms.js';

const [EXPRESS, FASTIFY] = platforms as [(typeof platforms)[0], (typeof platforms)[0]];
const EXPRESS_SESSION = {
  secret: 'a secret of 32 characters or more',
  resave: false,
  saveUninitialized: true,
};
const OTHERS = [
  ['express-session', () => expressSession(EXPRESS_SESSION)],
  ['cookie-session', () => cookieSession({ keys: ['a key'] })],
] as const;

@Controller()
class WriteController {
  @Get('write')
  write(@Session() session: Session<{ visits?: number }>) {
    session.visits = (session.visits ?? 0) + 1;
    return { visits: session.visits };
  }
}

/** Expects a complete error response, and the reason in the log. */
function expectRefusal(answer: { status: number; body: unknown }): void {
  expect(answer.status).toBe(500);
  expect(answer.body).toMatchObject({ message: 'Internal server error', code: 'SESSION_USAGE_INVALID' });
  expect(log.recent('error').join()).toContain('Another library, such as express-session or cookie-session');
}

describe.each(OTHERS)('%s on the same request', (_name, other) => {
  test('the library in an outer Express application fails the first request', async () => {
    const app = await startApp(EXPRESS, { controllers: [WriteController] });
    const outer = express();
    outer.use(other());
    outer.get('/outer', (request, response) => void response.json({ has: typeof request.session }));
    outer.use('/nest', app.app.getHttpAdapter().getInstance() as express.Express);
    const server = await listen(createServer(outer));

    try {
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/nest/write`);
      expectRefusal({ status: answer.status, body: await answer.json() });
      const own = await fetch(`http://127.0.0.1:${port}/outer`);
      expect(await own.json()).toEqual({ has: 'object' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('the library on the Express application passed to Nest fails the first request', async () => {
    const app = await startApp(EXPRESS, {
      controllers: [WriteController],
      early: (adapter) => void adapter.getInstance<express.Express>().use(other()),
    });
    expectRefusal(await app.client().get('/write'));
  });
});

onEachPlatform((platform) => {
  test('express-session in main.ts detects the existing session and leaves it unchanged', async () => {
    const app = await startApp(platform, {
      controllers: [WriteController],
      main: (nest: INestApplication) => nest.use(expressSession(EXPRESS_SESSION)),
    });
    const client = app.client();
    const { body, setCookies } = await client.get('/write');
    expect({ body, cookies: setCookies.length }).toEqual({ body: { visits: 1 }, cookies: 1 });
    expect((await client.get('/write')).body).toEqual({ visits: 2 });
  });

  test('cookie-session in main.ts fails the first request', async () => {
    const app = await startApp(platform, {
      controllers: [WriteController],
      main: (nest: INestApplication) => nest.use(cookieSession({ keys: ['a key'] })),
    });
    expectRefusal(await app.client().get('/write'));
  });
});

describe('@fastify/session on the Fastify instance passed to Nest', () => {
  const register = (instance: unknown) => {
    const fastify = instance as { register(plugin: unknown, options?: object): unknown };
    fastify.register(fastifyCookie);
    fastify.register(fastifySession, { secret: EXPRESS_SESSION.secret });
  };

  test('@fastify/session on the same instance stops the start', async () => {
    const early = (adapter: AbstractHttpAdapter) => register(adapter.getInstance());
    await expect(startApp(FASTIFY, { early })).rejects.toThrow('Another library, such as express-session');
  });
});

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
}
