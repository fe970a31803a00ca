// The measured application: one Nest application in a separate process, the same for every library.
//   SUBJECT=strict ADAPTER=fastify REDIS_URL=redis://127.0.0.1:6379 node requests/app.mjs
// A guard admits signed-in users, and the handler of GET /me reads two fields of the session.
import 'reflect-metadata';
import process from 'node:process';
import { Controller, Get, Module, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { decorateMethod } from './decorate.mjs';
import { LIBRARIES } from './libraries.mjs';

const { SUBJECT, ADAPTER, REDIS_URL } = process.env;
const library = await LIBRARIES[SUBJECT](REDIS_URL);
let requests = 0;

/** Returns the session fields of a user, such as user 17. */
function fieldsOf(user) {
  return { email: `${user}@example.com`, roles: ['editor', 'reviewer'] };
}

class AppController {
  me(session) {
    requests++;
    return { email: session.email, roles: session.roles };
  }

  /** Returns the same to each client, and does not look at the session. */
  open() {
    requests++;
    return fieldsOf('all');
  }

  /** Stores another value with each request. */
  async note(session) {
    requests++;
    await library.write(session, 'note', requests);
    return { note: requests };
  }

  async login(user, session, request, response) {
    requests++;
    return library.signIn(session, `user-${user}`, fieldsOf(`user-${user}`), { request, response });
  }

  async write(field, session) {
    await library.write(session, field, field);
    return { field };
  }

  /** Fills the session up to a number of fields, each with 20 characters. */
  fields(count, session) {
    for (let index = 2; index < Number(count); index++) session[`field${index}`] = 'x'.repeat(20);
    return { count };
  }

  async count(session) {
    return { count: await library.increment(session) };
  }

  /** Returns all fields of the session to the client. */
  all(session) {
    return JSON.parse(JSON.stringify(session));
  }
}
decorateMethod(AppController, 'me', [Get('me'), UseGuards(library.guard)], [library.session()]);
decorateMethod(AppController, 'open', [Get('open')]);
decorateMethod(AppController, 'note', [Post('note'), UseGuards(library.guard)], [library.session()]);
decorateMethod(
  AppController,
  'login',
  [Post('login/:user')],
  [Param('user'), library.session(), Req(), Res({ passthrough: true })],
);
decorateMethod(AppController, 'write', [Post('write/:field')], [Param('field'), library.session()]);
decorateMethod(AppController, 'fields', [Post('fields/:count')], [Param('count'), library.session()]);
decorateMethod(AppController, 'count', [Post('count')], [library.session()]);
decorateMethod(AppController, 'all', [Get('all')], [library.session()]);
Controller()(AppController);

class AppModule {}
Module({ imports: library.imports ?? [], controllers: [AppController] })(AppModule);

const adapter = ADAPTER === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['error'] });
await library.mount?.(app);
await app.listen(0, '127.0.0.1');

/** Returns the time of the clock that CPU profiles use. */
const nowMicros = () => Number(process.hrtime.bigint() / 1000n);
process.on('message', () =>
  process.send({
    requests,
    cpu: process.cpuUsage(),
    residentBytes: process.memoryUsage.rss(),
    at: nowMicros(),
  }),
);
process.on('disconnect', () => process.exit());
process.send({ url: await app.getUrl() });
