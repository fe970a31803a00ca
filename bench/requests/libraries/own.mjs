// This module. All options are defaults except the address of Redis and the cookie's attributes for plain HTTP.
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
    // The change is stored before the response leaves.
    write: (session, field, value) => {
      session[field] = value;
    },
    increment: (session) => session.increment('count'),
  };
}
