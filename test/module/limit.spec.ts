import type { SessionModuleOptions, SessionUser } from 'nestjs-redis-session';
import { shardOfUser } from 'nestjs-redis-session/core';
import { redis, startApp, type TestApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { Stage, staged } from '../support/stage.js';

interface Employee extends SessionUser {
  readonly role: 'manager' | 'clerk' | 'robot';
}

onEachPlatform((platform) => {
  const stage = new Stage();
  stage.on('me', (_session, request) => app.sessions.describe(request));
  let app: TestApp;
  const start = async (limit: SessionModuleOptions['limit']) =>
    (app = await startApp(platform, { ...staged(stage), session: limit ? { limit } : {} }));

  const signIn = (client: Client, user: SessionUser = { id: 'alice' }) => {
    stage.on('sign-in', (_session, request) => app.sessions.signIn(request, user));
    return client.post('/stage/sign-in');
  };
  const idOf = ({ body }: Answer) => (body as { id: string }).id;
  const isSignedIn = async (client: Client) =>
    ((await client.get('/stage/me')).body as { userId?: string })?.userId !== undefined;
  /** Returns clients that signed in one after another, no two in the same millisecond. */
  const signInOneByOne = async (count: number) => {
    const clients: Client[] = [];
    for (let done = 0; done < count; done++) {
      const client = app.client();
      expect((await signIn(client)).status).toBe(200);
      clients.push(client);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    return clients;
  };
  const areSignedIn = (clients: Client[]) => Promise.all(clients.map(isSignedIn));

  test("'evict-oldest' ends the session that signed in first, however busy it is [ASVS 7.1.2]", async () => {
    await start({ max: 2, onExceed: 'evict-oldest' });
    const clients = await signInOneByOne(2);
    stage.on('touch', (session) => session.touch());
    await clients[0]?.get('/stage/touch');
    const third = app.client();
    await signIn(third);

    expect(await areSignedIn([...clients, third])).toEqual([false, true, true]);
    expect(await app.sessions.count('alice')).toBe(2);
  });

  test("'evict-idlest' ends the session that was idle longest, however old the others are", async () => {
    await start({ max: 2, onExceed: 'evict-idlest' });
    const clients = await signInOneByOne(2);
    stage.on('touch', (session) => session.touch());
    await clients[0]?.get('/stage/touch');
    const third = app.client();
    await signIn(third);

    expect(await areSignedIn([...clients, third])).toEqual([true, false, true]);
  });

  test("'reject' answers 409 with the live sessions, the latest first, and changes nothing", async () => {
    await start({ max: 2, onExceed: 'reject' });
    const clients = await signInOneByOne(2);
    const live = await app.sessions.list('alice');
    const before = await app.keys();
    const third = app.client();
    const answer = await signIn(third);

    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({
      statusCode: 409,
      message: 'The limit of 2 concurrent sessions is reached. End one of them to sign in here.',
      error: 'Conflict',
      code: 'SESSION_LIMIT_REACHED',
      max: 2,
      sessions: JSON.parse(JSON.stringify(live)) as unknown,
    });
    expect(third.cookie).toBeNull();
    expect(await app.keys()).toEqual(before);
    expect(await areSignedIn(clients)).toEqual([true, true]);
  });

  test("'reject' leaves an anonymous session as it is, with its data", async () => {
    await start({ max: 1, onExceed: 'reject' });
    await signInOneByOne(1);
    const visitor = app.client();
    stage.on('visit', (session) => void (session['cart'] = ['book']));
    stage.on('data', (session) => ({ ...session }));
    await visitor.post('/stage/visit');
    const { cookie } = visitor;

    expect((await signIn(visitor)).status).toBe(409);
    expect(visitor.cookie).toBe(cookie);
    expect((await visitor.get('/stage/data')).body).toEqual({ cart: ['book'] });
  });

  test('a session that signs in again does not count against itself', async () => {
    await start({ max: 1, onExceed: 'reject' });
    const [client] = await signInOneByOne(1);

    expect((await signIn(client!)).status).toBe(200);
    expect(await app.sessions.count('alice')).toBe(1);
  });

  test('a session that was signed out or revoked makes room', async () => {
    await start({ max: 2, onExceed: 'reject' });
    const [first] = await signInOneByOne(2);
    stage.on('sign-out', (session) => app.sessions.signOut(session));
    await first?.post('/stage/sign-out');
    const third = app.client();
    const { status, body } = await signIn(third);
    expect(status).toBe(200);
    await app.sessions.revoke((body as { id: string }).id);

    expect((await signIn(app.client())).status).toBe(200);
  });

  test.each<[string, SessionModuleOptions['limit']]>([
    ['without a limit', undefined],
    ['with Infinity', { max: Infinity, onExceed: 'reject' }],
  ])('a user may have any number of sessions %s', async (_what, limit) => {
    await start(limit);

    expect(await areSignedIn(await signInOneByOne(5))).toEqual(Array(5).fill(true));
    expect(await app.sessions.count('alice')).toBe(5);
  });

  test.each<[string, (user: Employee) => number | Promise<number>]>([
    ['as a number', ({ role }) => ({ manager: 3, clerk: 1, robot: Infinity })[role]],
    ['as a promise', async ({ role }) => Promise.resolve({ manager: 3, clerk: 1, robot: Infinity }[role])],
  ])('a limit by role, returned %s, applies to each role', async (_when, max) => {
    await start({ max: max as (user: SessionUser) => number, onExceed: 'evict-oldest' });
    const counts: Record<string, number> = {};
    for (const role of ['manager', 'clerk', 'robot']) {
      for (let count = 0; count < 5; count++) await signIn(app.client(), { id: role, role } as Employee);
      counts[role] = await app.sessions.count(role);
    }

    expect(counts).toEqual({ manager: 3, clerk: 1, robot: 5 });
  });

  test('a limit that is lowered takes effect at the next sign-in', async () => {
    let max = 3;
    await start({ max: () => max, onExceed: 'evict-oldest' });
    const clients = await signInOneByOne(3);
    max = 1;
    expect(await areSignedIn(clients)).toEqual([true, true, true]);
    const fourth = app.client();
    await signIn(fourth);

    expect(await areSignedIn([...clients, fourth])).toEqual([false, false, false, true]);
    expect(await app.eventsOf('evicted')).toHaveLength(3);
  });

  test.each([0, -1, 1.5, NaN, undefined, '2'])(
    'a limit function that returns %p is logged, and the sign-in fails',
    async (max) => {
      await start({ max: () => max as number, onExceed: 'evict-oldest' });
      const { status, text } = await signIn(app.client());

      expect(status).toBe(500);
      expect(text).not.toContain('limit.max');
      expect(log.recent('error').join()).toMatch(
        /limit\.max must give a whole number of 1 or more.*check before calling signIn/,
      );
      expect(await app.sessions.count('alice')).toBe(0);
    },
  );

  test('a limit function that throws is answered with 500, and the sign-in fails', async () => {
    const max = () => Promise.reject(new Error('the database of roles is unavailable'));
    await start({ max, onExceed: 'evict-oldest' });

    expect((await signIn(app.client())).status).toBe(500);
    expect(await app.sessions.count('alice')).toBe(0);
  });

  test.each(['evict-oldest', 'evict-idlest', 'reject'] as const)(
    'parallel sign-ins under %s leave no more sessions than allowed',
    async (onExceed) => {
      await start({ max: 3, onExceed });
      const clients = Array.from({ length: 20 }, () => app.client());
      const answers = await Promise.all(clients.map((client) => signIn(client)));
      const survivors = (await areSignedIn(clients)).filter((isIn) => isIn);

      expect(survivors).toHaveLength(3);
      expect(await app.sessions.count('alice')).toBe(3);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(onExceed === 'reject' ? 3 : 20);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(onExceed === 'reject' ? 17 : 0);
      expect(await app.sessionKeys()).toHaveLength(3);
    },
  );

  test("a user's limit counts only the sessions of that user", async () => {
    await start({ max: 1, onExceed: 'reject' });
    const users = ['a', 'A', 'a ', '1', 'a:u:b', 'é', 'e\u0301', '../a', '*'];
    for (const id of users) expect((await signIn(app.client(), { id })).status).toBe(200);

    expect(await Promise.all(users.map((id) => app.sessions.count(id)))).toEqual(users.map(() => 1));
    expect(idOf(await signIn(app.client(), { id: 1 }))).toBeUndefined();
  });

  test("a session that this version cannot use fills no limit of 'reject', and its user can end it", async () => {
    await start({ max: 1, onExceed: 'reject' });
    const [client] = await signInOneByOne(1);
    const [{ id } = { id: '' }] = await app.sessions.list('alice');
    const key = app.keyOf(id);
    await redis().hset(key, '.large', 'x'.repeat(70_000));
    expect(await isSignedIn(client as Client)).toBe(false);

    const refused = await signIn(app.client());
    expect(refused.status).toBe(409);
    expect((refused.body as { sessions: { id: string }[] }).sessions.map((session) => session.id)).toEqual([
      id,
    ]);
    expect(await app.sessions.revoke(id, { ownedBy: 'bob' })).toBe(false);
    expect(await app.sessions.revoke(id, { ownedBy: 'alice' })).toBe(true);
    expect((await signIn(app.client())).status).toBe(200);

    const [other] = await app.sessions.list('alice');
    await redis().hset(app.keyOf(String(other?.id)), 's', '[2]');
    expect((await signIn(app.client())).status).toBe(200); // an unreadable record does not count
  });

  test('without a limit, a user who has 1,000 sessions signs in, and the oldest makes room', async () => {
    await start(undefined);
    const index = `${app.prefix}{${shardOfUser('alice')}}:u:alice`;
    const end = Date.now() + 60_000;
    const entries = Array.from({ length: 999 }, (_, number) => `h${String(number).padStart(21, '0')}`);
    for (const [number, handle] of entries.entries()) {
      const session = `${app.prefix}{${shardOfUser('alice')}}:${handle}`;
      void redis().hset(session, 's', '[1]');
      void redis().pexpireat(session, end);
      void redis().zadd(index, end, handle, -1 - number, `@${handle}`);
    }
    await redis().pexpireat(index, end);
    const [first] = await signInOneByOne(1);
    expect(app.events.map(({ type }) => type)).not.toContain('many-sessions');
    await signInOneByOne(1);

    expect(await redis().zcard(index)).toBe(2 * 1_000);
    expect(await redis().zscore(index, entries[0] as string)).toBeNull(); // the oldest session
    expect(await isSignedIn(first as Client)).toBe(true);
    const [warning] = app.events.filter(({ type }) => type === 'many-sessions');
    expect(warning).toMatchObject({ userId: 'alice', max: 1_000 });
    expect(log.recent('warn').join()).toMatch(/User "alice" has 1000 sessions.*Set the option "limit"/);
    expect((await signIn(app.client())).status).toBe(200);
  });
});
