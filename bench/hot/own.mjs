// This module, as an application mounts it: the middleware that the module gives to the HTTP adapter.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { SessionModule, SessionService } from 'nestjs-redis-session';

/** An adapter that keeps the first middleware, which is that of the session module. */
class KeepingAdapter extends ExpressAdapter {
  use(...args) {
    this.first ??= args[0];
    return super.use(...args);
  }
}

export async function open(path, redisUrl) {
  // The memory store answers at once. With the cache, sessions come from the copies of those in Redis.
  const isCached = path === 'cached' || path === 'unread';
  const store = isCached ? { redis: redisUrl, cache: true } : { store: 'memory' };
  class AppModule {}
  Module({
    imports: [
      SessionModule.forRoot({
        ...store,
        cookie: { secure: false },
        limit: { max: 1, onExceed: 'evict-oldest' },
      }),
    ],
  })(AppModule);
  const adapter = new KeepingAdapter();
  const app = await NestFactory.create(AppModule, adapter, { logger: ['error'] });
  await app.init();
  const sessions = app.get(SessionService);
  return {
    handle: adapter.first,
    async signIn(request, _response, userId, fields) {
      Object.assign(request.session, fields);
      await sessions.signIn(request, { id: userId });
    },
    async write(request, name, value) {
      request.session[name] = value;
    },
  };
}
