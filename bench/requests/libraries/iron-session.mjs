// iron-session keeps the whole session in an encrypted cookie. For reference only: without a store it cannot end sessions.
import { Injectable, createParamDecorator } from '@nestjs/common';
import { getIronSession } from 'iron-session';
import { SECRET } from './plain-session.mjs';

const OPTIONS = { password: SECRET, cookieName: 'sid', cookieOptions: { secure: false } };
const SESSION = Symbol('session');

/** Returns the session of a request of either platform, decrypted once per request. */
function sessionOf(context) {
  const http = context.switchToHttp();
  const [request, response] = [http.getRequest(), http.getResponse()];
  request[SESSION] ??= getIronSession(request.raw ?? request, response.raw ?? response, OPTIONS);
  return request[SESSION];
}

class Guard {
  async canActivate(context) {
    return (await sessionOf(context)).userId !== undefined;
  }
}
Injectable()(Guard);

export function ironSession() {
  return {
    guard: Guard,
    session: createParamDecorator((_data, context) => sessionOf(context)),
    signIn: async (session, userId, fields) => {
      Object.assign(session, { userId, ...fields });
      await session.save();
    },
  };
}
