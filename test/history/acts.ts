import type { SessionService, SignInOutcome } from 'nestjs-redis-session';
import type { SessionContext } from 'nestjs-redis-session/core';
import type { Fields } from './history.js';
import type { Act } from './protocol.js';
import type { StepBook } from './step-book.js';
import type { StoreCall } from './store-watch.js';

/** Resources of a request's action. */
export interface Scene {
  readonly request: number;
  readonly context: SessionContext;
  readonly service: SessionService;
  readonly book: StepBook;
  /** The calls of the store so far. */
  readonly calls: readonly StoreCall[];
}

/** Does what a handler of a request would do. What needs a live session does nothing where there is none. */
export async function play(scene: Scene, act: Act): Promise<void> {
  const { context, book } = scene;
  const from = context.record?.id ?? null;
  switch (act.do) {
    case 'read':
      return;
    case 'write': {
      const fields = write(scene, act.fields);
      const f = from ? 'write' : 'create';
      return book.plain({ f, session: from ?? context.id, fields }, () => context.save());
    }
    case 'increment':
    case 'update':
      return from ? add(scene, from, act) : undefined;
    case 'touch':
      return from ? book.plain({ f: 'touch', session: from }, () => context.touch()) : undefined;
    case 'regenerate':
      return from ? regenerate(scene, from) : undefined;
    case 'sign-in':
      return signIn(scene, act);
    case 'sign-out':
      return from ? book.plain({ f: 'sign-out', session: from }, () => context.destroy()) : undefined;
    case 'revoke':
      return revoke(scene, act.session);
    case 'revoke-all':
      return revokeAll(scene, act);
    case 'list':
      return list(scene, act.user);
  }
}

type Doing<Name extends Act['do']> = Extract<Act, { readonly do: Name }>;

/** Gives fields values that say where they come from. */
function write({ request, context }: Scene, names: readonly string[]): Fields {
  const fields = Object.fromEntries(names.map((name) => [name, `${name}#${request}`]));
  Object.assign(context.session, fields);
  return fields;
}

async function add({ context, book }: Scene, session: string, act: Doing<'increment' | 'update'>) {
  const { do: f, field, by } = act;
  const blank = { f, session, field, by, sum: null };
  await book.step(blank, async () => {
    const sum =
      f === 'increment'
        ? await context.increment(field, by)
        : await context.update(field, (value) => Number(value ?? 0) + by);
    return [null, { ...blank, sum: Number(sum) }];
  });
}

async function regenerate({ context, book }: Scene, session: string): Promise<void> {
  const blank = { f: 'regenerate', session, to: null } as const;
  await book.step(blank, async () => {
    await context.regenerate(true);
    return [null, { ...blank, to: context.id }];
  });
}

async function signIn(scene: Scene, { user, timeouts, fields: names }: Doing<'sign-in'>): Promise<void> {
  const { context, book, calls } = scene;
  const { record } = context;
  const session = record?.id ?? null;
  // What one user has left in a session is not handed to another.
  const isSameOwner = record === null || record.userId === null || record.userId === user;
  const written = write(scene, names);
  const fields = isSameOwner ? written : {};
  const keeps = record !== null && isSameOwner;
  const nothing = { to: null, evicted: [], isHalfDone: false };
  const blank = { f: 'sign-in', session, user, keeps, fields, timeouts, ...nothing } as const;
  const settings = { timeouts, persistent: false, keepData: true, origin: context.origin() };
  await book.step(blank, async () => {
    const { id } = await context.signIn({ id: user }, settings);
    const outcome = lastResult(calls, 'signIn') as Exclude<SignInOutcome, { status: 'rejected' }>;
    // It was sent twice. What this request has written went into the session that the first had begun.
    if (outcome.status === 'again') return [null, { f: 'write', session: id, fields }];
    const { evicted } = outcome;
    const isHalfDone = calls.some(({ hasFailed }) => hasFailed);
    return [null, { ...blank, to: id, evicted, isHalfDone }];
  });
}

async function revoke({ service, book }: Scene, session: string): Promise<void> {
  const blank = { f: 'revoke', session, found: null } as const;
  await book.step(blank, async () => [null, { ...blank, found: await service.revoke(session) }]);
}

async function revokeAll({ service, book, calls }: Scene, { user, except }: Doing<'revoke-all'>) {
  const blank = { f: 'revoke-all', user, except, ended: [] } as const;
  await book.step(blank, async () => {
    await (except ? service.revokeOthers(except) : service.revokeAll(user));
    const ended = lastResult(calls, 'revokeAll') as string[] | undefined;
    // The store was not called if the session to spare has ended itself.
    return [null, ended ? { ...blank, ended } : null];
  });
}

async function list({ service, book }: Scene, user: string): Promise<void> {
  const blank = { f: 'list', user, sessions: [] } as const;
  await book.step(blank, async () => {
    const sessions = await service.list(user);
    return [null, { ...blank, sessions: sessions.map(({ id }) => id) }];
  });
}

function lastResult(calls: readonly StoreCall[], method: string): unknown {
  return calls.findLast((call) => call.method === method && !call.hasFailed)?.result;
}
