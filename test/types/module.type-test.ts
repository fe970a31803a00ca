// What must compile, and what must not. `npm run types` checks it; nothing here runs.
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5';
import {
  MemoryStore,
  RedisStore,
  type SessionEvent,
  type SessionEvents,
  type SessionId,
  type SessionInfo,
  SessionModule,
  type SessionModuleOptions,
  type SessionOptionsFactory,
  type SessionService,
  type SessionStore,
} from 'nestjs-redis-session';

declare const redis: Redis;
declare const redis5: Redis5;
declare const cluster5: Cluster5;
declare const events: SessionEvents;
declare const sessions: SessionService;
declare const request: { headers: Record<string, string> };

class ShopData {
  visits?: number;
}

/* The module and its options */
SessionModule.forRoot();
SessionModule.forRoot({ redis: 'redis://127.0.0.1:6379' });
SessionModule.forRoot({ redis: { host: 'redis', port: 6379 }, isGlobal: false });
SessionModule.forRoot({ redis: { url: 'rediss://redis', options: { tls: {} } } });
/* A client of ioredis 5 or 6 */
SessionModule.forRoot({ redis });
SessionModule.forRoot({ redis: redis5 });
SessionModule.forRoot({ redis: cluster5 });
new RedisStore(redis5, { prefix: 'session:', deadlineMs: 250, noticeTtlMs: 60_000 });
SessionModule.forRoot({ redis: { cluster: [{ host: 'redis', port: 7000 }] } });
SessionModule.forRoot({ redis, idle: '30m', absolute: 43_200_000, data: { class: ShopData } });
SessionModule.forRoot({ store: 'memory', cookie: { secure: 'auto', sameSite: 'strict' } });
SessionModule.forRoot({ store: new MemoryStore() });
SessionModule.forRoot({ limit: { max: 3, onExceed: 'evict-oldest' } });
SessionModule.forRoot({ limit: { max: ({ id }) => (id === 'root' ? 5 : 1), onExceed: 'reject' } });
SessionModule.forRoot({ limit: { max: () => Promise.resolve(2), onExceed: 'evict-idlest' } });
SessionModule.forRoot({ users: { load: (id: string) => Promise.resolve({ id, name: 'Alice' }) } });

SessionModule.forRoot({ idle: 'none', absolute: ({ user }) => (user?.id === 'root' ? '1h' : 43_200_000) });
SessionModule.forRoot({
  idle: async ({ user, session, activity }) => {
    const quietForMs: number | undefined = activity?.quietForMs;
    const [id, since]: [unknown, Date | undefined] = [user?.id, session?.createdAt];
    return Promise.resolve(quietForMs && id && since ? '5m' : 'none');
  },
});
// @ts-expect-error -- a function gives a length of time
SessionModule.forRoot({ absolute: () => undefined });
// @ts-expect-error -- a point in time is for one sign-in
SessionModule.forRoot({ absolute: new Date() });

// @ts-expect-error -- no such option
SessionModule.forRoot({ ttl: 60 });
// @ts-expect-error -- no such attribute
SessionModule.forRoot({ cookie: { maxAge: 60 } });
// @ts-expect-error -- no such policy
SessionModule.forRoot({ limit: { max: 1, onExceed: 'kick' } });
// @ts-expect-error -- a limit without a policy
SessionModule.forRoot({ limit: { max: 1 } });
// @ts-expect-error -- what is no store
SessionModule.forRoot({ store: new Map() });
// @ts-expect-error -- an instance in place of the class
SessionModule.forRoot({ data: { class: new ShopData() } });
// @ts-expect-error -- options are read-only once given
((options: SessionModuleOptions) => (options.idle = '1h'))({});

SessionModule.forRootAsync({ useFactory: () => ({ redis: 'redis://127.0.0.1' }) });
SessionModule.forRootAsync({
  inject: ['url'],
  useFactory: async (url: string) => Promise.resolve({ redis: url }),
});
// @ts-expect-error -- no such option
SessionModule.forRootAsync({ useFactory: () => ({ redis: 7 }) });

@Injectable()
class Factory implements SessionOptionsFactory {
  createSessionOptions(): SessionModuleOptions {
    return { store: 'memory' };
  }
}
SessionModule.forRootAsync({ useClass: Factory });
SessionModule.forRootAsync({ useExisting: Factory });
// @ts-expect-error -- a class without createSessionOptions()
SessionModule.forRootAsync({ useClass: ShopData });

/* The service */
export async function service(): Promise<void> {
  const info: SessionInfo = await sessions.signIn(request, { id: 7 }, { idle: '1h', persistent: true });
  const list: SessionInfo[] = await sessions.list('alice');
  const isEnded: boolean = await sessions.revoke(info.id, { ownedBy: 7 });
  const count: number = await sessions.revokeOthers(info.id);
  const found: SessionInfo | null = await sessions.get(info.id);
  await sessions.signIn(request, { id: 'alice', role: 'admin' } as { id: string });
  await sessions.signIn(request, { id: 7 }, { idle: 'none', absolute: new Date() });
  await sessions.signIn(request, { id: 7 }, { idle: ({ user }) => (user?.id === 7 ? '5m' : '1h') });
  // @ts-expect-error -- a session ends at a point in time by `absolute`
  await sessions.signIn(request, { id: 7 }, { idle: new Date() });

  // @ts-expect-error -- a user without an id
  await sessions.signIn(request, { name: 'alice' });
  // @ts-expect-error -- no such setting
  await sessions.signIn(request, { id: 7 }, { maxAge: 60 });
  // @ts-expect-error -- facts are read-only
  info.userId = 'mallory';
  return void [list, isEnded, count, found];
}

/* Events */
export const off: () => void = events.on('evicted', ({ sessionId, userId, by }) => {
  const ids: [SessionId, string, SessionId] = [sessionId, userId, by.sessionId];
  return ids;
});
events.on('*', (event) => {
  if (event.type === 'rejected') return event.max;
  // @ts-expect-error -- only a rejected sign-in has a limit
  return event.max;
});
// @ts-expect-error -- no such event
events.on('login', () => undefined);
// @ts-expect-error -- a sign-out has no `by`
events.on('signed-out', ({ by }) => void by);
// @ts-expect-error -- an event cannot be changed
events.on('signed-in', (event: SessionEvent<'signed-in'>) => (event.userId = 'mallory'));

/* Ids and stores */
// @ts-expect-error -- a text from outside is no session id until it has been checked
export const id: SessionId = 'abc';
// @ts-expect-error -- a store has all of the methods
export class HalfAStore implements SessionStore {
  load(): Promise<null> {
    return Promise.resolve(null);
  }
}
