// This module. Every option but where Redis is and how the cookie is marked over plain HTTP is left at its default.
import { Session, SessionGuard, SessionModule, SessionService } from 'nestjs-redis-session';

export function own(url, options) {
  let service;
  return {
    guard: SessionGuard,
    session: Session,
    imports: [SessionModule.forRoot({ redis: url, cookie: { secure: 'auto' }, ...options })],
    mount: (app) => {
      service = app.get(SessionService);
    },
    signIn: async (session, userId, fields) => {
      Object.assign(session, fields);
      await service.signIn(session, { id: userId });
    },
    increment: (session) => session.increment('count'),
  };
}
