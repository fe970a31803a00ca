// better-auth with Redis as secondary storage, through its own package for that, and the guard of its Node integration.
import { Injectable, createParamDecorator, UnauthorizedException } from '@nestjs/common';
import { redisStorage } from '@better-auth/redis-storage';
import { betterAuth as createAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { fromNodeHeaders } from 'better-auth/node';
import { Redis } from 'ioredis';
import { SECRET } from './plain-session.mjs';

/** The users' passwords are no part of what is measured, so they are stored plain and cost nothing. */
const password = {
  hash: async (plain) => plain,
  verify: async ({ hash, password: plain }) => hash === plain,
};

/** @param cookieCache options of its cookie cache, off by default */
export function betterAuth(url, cookieCache) {
  const auth = createAuth({
    baseURL: 'http://127.0.0.1',
    secret: SECRET,
    // Users are kept here. Sessions, with a copy of their user, are in Redis alone.
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secondaryStorage: redisStorage({ client: new Redis(url) }),
    emailAndPassword: { enabled: true, password },
    user: { additionalFields: { roles: { type: 'string[]' } } },
    session: { cookieCache },
    telemetry: { enabled: false },
  });

  class Guard {
    async canActivate(context) {
      const request = context.switchToHttp().getRequest();
      request.session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
      if (!request.session) throw new UnauthorizedException();
      return true;
    }
  }
  Injectable()(Guard);

  return {
    guard: Guard,
    session: createParamDecorator((_data, context) => context.switchToHttp().getRequest().session?.user),
    signIn: async (_session, userId, fields, { response }) => {
      const body = { ...fields, name: userId, password: 'a long password' };
      const { headers } = await auth.api.signUpEmail({ body, returnHeaders: true });
      response.header('Set-Cookie', headers.getSetCookie());
    },
  };
}
