// An application on the packed library. scripts/release/try-out.mjs copies it into an empty project and runs it there.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import process from 'node:process';
import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CurrentUser, Session, SessionGuard, SessionModule, SessionService } from 'nestjs-redis-session';

class AccountController {
  constructor(sessions) {
    this.sessions = sessions;
  }

  login(session) {
    return this.sessions.signIn(session, { id: 'alice' });
  }

  me(id) {
    return { id };
  }
}

class AppModule {}

decorate(AccountController, [Controller()]);
Reflect.defineMetadata('design:paramtypes', [SessionService], AccountController);
decorateMethod('login', [Post('login')], Session());
decorateMethod('me', [Get('me'), UseGuards(SessionGuard)], CurrentUser('id'));
decorate(AppModule, [
  Module({
    imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL, cookie: { secure: 'auto' } })],
    controllers: [AccountController],
  }),
]);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const anonymous = await globalThis.fetch(`${url}/me`);
assert.equal(anonymous.status, 401);
const signedIn = await globalThis.fetch(`${url}/login`, { method: 'POST' });
assert.equal(signedIn.status, 201);
const [cookie] = signedIn.headers.getSetCookie();
const me = await globalThis.fetch(`${url}/me`, { headers: { cookie: cookie.split(';')[0] } });
assert.deepEqual(await me.json(), { id: 'alice' });
await app.close();

function decorate(type, decorators) {
  for (const decorator of decorators) decorator(type);
}

function decorateMethod(name, decorators, parameter) {
  const { prototype } = AccountController;
  parameter(prototype, name, 0);
  for (const decorator of decorators) {
    decorator(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
  }
}
