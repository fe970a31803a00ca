import { type SessionInfo, SessionUsageError } from 'nestjs-redis-session';
import { firstValueFrom } from 'rxjs';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { type Act, Stage, staged } from '../support/stage.js';

onEachPlatform((platform) => {
  const stage = new Stage();
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp(platform, staged(stage));
  });
  afterEach(() => Promise.all(['alice', 'bob'].map((id) => app.sessions.revokeAll(id))));

  const act = (client: Client, handler: Act) => {
    stage.on('act', handler);
    return client.post('/stage/act');
  };
  const signIn = async (id = 'alice', device = 'a device') => {
    const client = app.client();
    const { body } = await act(client, (_session, request) =>
      app.sessions.signIn(request, { id }, { device }),
    );
    await new Promise((resolve) => setTimeout(resolve, 2));
    return { client, id: (body as SessionInfo).id };
  };
  const userIn = async (client: Client) =>
    (
      (await act(client, (_session, request) => app.sessions.describe(request))).body as
        SessionInfo | undefined
    )?.userId;

  test.each([
    ['signOut()', () => app.sessions.signOut({} as never)],
    ['regenerate()', () => app.sessions.regenerate({} as never)],
    ['signIn()', () => app.sessions.signIn({} as never, { id: 'alice' })],
    ['revokeOthers()', () => app.sessions.revokeOthers({} as never)],
    ['revokeAll()', () => app.sessions.revokeAll('')],
  ])('%s rejects its promise on failure instead of throwing', async (_name, call) => {
    await expect(call().catch((error: unknown) => (error as Error).name)).resolves.toMatch(
      /^Session\w+Error$/,
    );
  });

  describe('list()', () => {
    test("list() returns a user's sessions, the latest sign-in first, with the properties for a list of devices", async () => {
      const [first, second] = [
        await signIn('alice', 'Firefox on Linux'),
        await signIn('alice', 'Safari on iOS'),
      ];
      await signIn('bob');
      const list = await app.sessions.list('alice');

      expect(list.map(({ id, device }) => [id, device])).toEqual([
        [second.id, 'Safari on iOS'],
        [first.id, 'Firefox on Linux'],
      ]);
      expect(list[0]).toEqual({
        id: second.id,
        userId: 'alice',
        device: 'Safari on iOS',
        address: '127.0.0.1',
        createdAt: expect.any(Date) as Date,
        signedInAt: expect.any(Date) as Date,
        lastActiveAt: expect.any(Date) as Date,
        idleEndAt: expect.any(Date) as Date,
        absoluteEndAt: expect.any(Date) as Date,
      });
    });

    test('list() is empty for a user without sessions, and treats a numeric id like its text', async () => {
      await signIn('7');

      expect(await app.sessions.list('nobody')).toEqual([]);
      expect(await app.sessions.list(7)).toHaveLength(1);
      await app.sessions.revokeAll(7);
    });

    test('list() omits sessions that have ended in any way', async () => {
      const [out, revoked, left] = [await signIn(), await signIn(), await signIn()];
      await act(out.client, (session) => app.sessions.signOut(session));
      await app.sessions.revoke(revoked.id);

      expect((await app.sessions.list('alice')).map(({ id }) => id)).toEqual([left.id]);
      expect(await app.sessions.count('alice')).toBe(1);
    });

    test('list() returns no value that is valid as a cookie', async () => {
      const { client } = await signIn();
      const [info] = await app.sessions.list('alice');
      const token = client.cookie?.split('=')[1] ?? '';

      expect(JSON.stringify(info)).not.toContain(token.slice(3));
      const thief = app.client();
      thief.cookie = `__Host-sid=${info?.id}`;
      expect(await userIn(thief)).toBeUndefined();
    });
  });

  describe('get()', () => {
    test('get() returns one session by its public id, even an anonymous one', async () => {
      const { id } = await signIn();
      const visitor = app.client();
      const { body } = await act(visitor, (session) => ((session['a'] = 1), { id: session.id }));

      expect(await app.sessions.get(id)).toMatchObject({ id, userId: 'alice' });
      expect(await app.sessions.get((body as { id: string }).id)).toMatchObject({
        userId: null,
        signedInAt: null,
      });
    });

    test.each([
      '',
      'x'.repeat(25),
      'x'.repeat(24),
      'x'.repeat(26),
      '*'.repeat(25),
      '../../../../../../../../x',
      '{abc}:u:alice_____________',
    ])('get() returns null for %j, which is no id of a session', async (id) => {
      expect(await app.sessions.get(id)).toBeNull();
      expect(await app.sessions.revoke(id)).toBe(false);
    });
  });

  describe('arguments that are undefined or misspelled', () => {
    const given = (options: object) => options as { ownedBy: string };

    test.each<[string, (id: string) => Promise<unknown>, RegExp]>([
      [
        'revoke(id, { ownedBy: undefined })',
        (id) => app.sessions.revoke(id, given({ ownedBy: undefined })),
        /revoke\(\): expected a value for "ownedBy", received undefined. Leave "ownedBy" out/,
      ],
      ['revoke(id, { ownedBy: null })', (id) => app.sessions.revoke(id, given({ ownedBy: null })), /null/],
      ["revoke(id, { ownedBy: '' })", (id) => app.sessions.revoke(id, { ownedBy: '' }), /received ""/],
      ['revoke(id, { ownedBy: NaN })', (id) => app.sessions.revoke(id, { ownedBy: NaN }), /NaN/],
      ['revoke(id, { ownedby })', (id) => app.sessions.revoke(id, given({ ownedby: 'bob' })), /"ownedby"/],
      ['revoke(id, null)', (id) => app.sessions.revoke(id, null as never), /options, received null/],
      ["revoke(id, 'bob')", (id) => app.sessions.revoke(id, 'bob' as never), /options, received "bob"/],
      ['revoke(id, { by: null })', (id) => app.sessions.revoke(id, { by: null as never }), /request or its/],
      ['revokeAll(undefined)', () => app.sessions.revokeAll(undefined as never), /undefined/],
      ['revokeAll(null)', () => app.sessions.revokeAll(null as never), /needs an id/],
      ["revokeAll('')", () => app.sessions.revokeAll(''), /needs an id/],
      [
        'revokeAll(user, { except })',
        (id) => app.sessions.revokeAll('alice', { except: id } as never),
        /"except"/,
      ],
      [
        'revokeEveryone({ except: undefined })',
        () => app.sessions.revokeEveryone({ except: undefined as never }),
        /expected a value for "except", received undefined/,
      ],
      ["revokeEveryone({ except: '' })", () => app.sessions.revokeEveryone({ except: '' }), /received ""/],
      ['revokeEveryone({ spare })', (id) => app.sessions.revokeEveryone({ spare: id } as never), /"spare"/],
      [
        'revokeEveryone({ signedInBefore: a number })',
        () => app.sessions.revokeEveryone({ signedInBefore: Date.now() as never }),
        /expected a valid Date for "signedInBefore", received \d+/,
      ],
      [
        'revokeEveryone({ signedInBefore: an invalid Date })',
        () => app.sessions.revokeEveryone({ signedInBefore: new Date('yesterday') }),
        /expected a valid Date for "signedInBefore"/,
      ],
      ['revokeEveryone(null)', () => app.sessions.revokeEveryone(null as never), /options, received null/],
      [
        'revokeOthers(undefined)',
        () => app.sessions.revokeOthers(undefined as never),
        /request or its session/,
      ],
      ['revokeOthers(null)', () => app.sessions.revokeOthers(null as never), /request or its session/],
      ['signOut(undefined)', () => app.sessions.signOut(undefined as never), /request or its session/],
      ['list(undefined)', () => app.sessions.list(undefined as never), /needs an id/],
      ["count('')", () => app.sessions.count(''), /needs an id/],
      [
        'signIn(undefined)',
        () => app.sessions.signIn(undefined as never, { id: 'a' }),
        /request or its session/,
      ],
    ])('%s is rejected and ends no session', async (_call, call, message) => {
      const [alice, bob] = [await signIn(), await signIn('bob')];
      const error = await call(alice.id).catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(SessionUsageError);
      expect((error as Error).message).toMatch(message);
      expect([await userIn(alice.client), await userIn(bob.client)]).toEqual(['alice', 'bob']);
    });

    test.each([undefined, null, '', 'no id'])(
      'revoke(%j), get(%j) and revokeOthers(text) find no session',
      async (id) => {
        const { client } = await signIn();

        expect(await app.sessions.revoke(id as never)).toBe(false);
        expect(await app.sessions.get(id as never)).toBeNull();
        if (typeof id === 'string') expect(await app.sessions.revokeOthers(id)).toBe(0);
        expect(await userIn(client)).toBe('alice');
      },
    );

    test.each([undefined, null])('a sign-in of the user %j is rejected', async (user) => {
      const { client } = await signIn();
      const answer = await act(client, (_session, request) => app.sessions.signIn(request, user as never));

      expect(answer.status).toBe(500);
      expect(await userIn(client)).toBe('alice');
    });
  });

  describe('revoke()', () => {
    test('revoke() ends exactly one session, whose next request is rejected', async () => {
      const [first, second] = [await signIn(), await signIn()];

      expect(await app.sessions.revoke(first.id)).toBe(true);
      expect([await userIn(first.client), await userIn(second.client)]).toEqual([undefined, 'alice']);
      expect(await app.sessions.revoke(first.id)).toBe(false);
    });

    test('revoke() with ownedBy ends a session only if it belongs to that user', async () => {
      const { client, id } = await signIn();

      expect(await app.sessions.revoke(id, { ownedBy: 'bob' })).toBe(false);
      expect(await userIn(client)).toBe('alice');
      expect(await app.sessions.revoke(id, { ownedBy: 'alice' })).toBe(true);
      expect(await userIn(client)).toBeUndefined();
    });
  });

  describe('revokeAll()', () => {
    test('revokeAll() ends all sessions of one user, and those of no other user', async () => {
      const [first, second, bob] = [await signIn(), await signIn(), await signIn('bob')];

      expect(await app.sessions.revokeAll('alice')).toBe(2);
      expect(await Promise.all([first, second, bob].map(({ client }) => userIn(client)))).toEqual([
        undefined,
        undefined,
        'bob',
      ]);
      expect(await app.sessions.revokeAll('alice')).toBe(0);
    });
  });

  describe('revokeOthers()', () => {
    test.each<[string, (own: { client: Client; id: string }) => Promise<unknown>]>([
      [
        'the request',
        async ({ client }) =>
          (await act(client, (_session, request) => app.sessions.revokeOthers(request))).body,
      ],
      [
        'its session',
        async ({ client }) => (await act(client, (session) => app.sessions.revokeOthers(session))).body,
      ],
      ['a public id', ({ id }) => app.sessions.revokeOthers(id)],
    ])(
      'revokeOthers() by %s ends all sessions of the user but the current one',
      async (_what, revokeOthers) => {
        const [own, other, third, bob] = [
          await signIn(),
          await signIn(),
          await signIn(),
          await signIn('bob'),
        ];

        expect(await revokeOthers(own)).toBe(2);
        expect(await Promise.all([own, other, third, bob].map(({ client }) => userIn(client)))).toEqual([
          'alice',
          undefined,
          undefined,
          'bob',
        ]);
      },
    );

    test('revokeOthers() of an anonymous session ends no session', async () => {
      await signIn();
      const { body } = await act(app.client(), (session) => app.sessions.revokeOthers(session));

      expect(body).toBe(0);
      expect(await app.sessions.revokeOthers('x'.repeat(25))).toBe(0);
      expect(await app.sessions.count('alice')).toBe(1);
    });
  });

  describe('revokeEveryone()', () => {
    beforeEach(() => app.sessions.revokeEveryone());

    const guest = async () => {
      const client = app.client();
      await act(client, (session) => void (session['cart'] = 1));
      return client;
    };
    const cartOf = async (client: Client) => (await act(client, (session) => session['cart'])).text;

    test('revokeEveryone() ends the sessions of all users and the anonymous ones, and returns their number', async () => {
      const clients = [await signIn(), await signIn(), await signIn('bob')].map(({ client }) => client);
      const anonymous = await guest();
      app.events.length = 0;

      expect(await app.sessions.revokeEveryone()).toBe(4);
      expect(await Promise.all(clients.map(userIn))).toEqual([undefined, undefined, undefined]);
      expect(await cartOf(anonymous)).toBe('');
      const userIds = (await app.eventsOf('revoked')).map(({ userId }) => String(userId));
      expect(userIds.sort()).toEqual(['alice', 'alice', 'bob', 'null']);
      expect(await app.sessions.revokeEveryone()).toBe(0);
    });

    test.each<[string, (own: { client: Client; id: string }) => Promise<unknown>]>([
      [
        'a request',
        async ({ client }) =>
          (await act(client, (_session, by) => app.sessions.revokeEveryone({ by, except: by }))).body,
      ],
      [
        'its session',
        async ({ client }) => (await act(client, (except) => app.sessions.revokeEveryone({ except }))).body,
      ],
      ['a public id', ({ id }) => app.sessions.revokeEveryone({ except: id })],
    ])('revokeEveryone() spares the session that is given by %s', async (_what, revokeEveryone) => {
      const [own, other, bob] = [await signIn(), await signIn(), await signIn('bob')];

      expect(await revokeEveryone(own)).toBe(2);
      expect(await Promise.all([own, other, bob].map(({ client }) => userIn(client)))).toEqual([
        'alice',
        undefined,
        undefined,
      ]);
    });

    test.each([
      ['an id of no session', async () => app.sessions.revokeEveryone({ except: '*' })],
      [
        'a request without a session',
        async () =>
          (await act(app.client(), (_session, except) => app.sessions.revokeEveryone({ except }))).body,
      ],
    ])('revokeEveryone() spares no session if except is %s', async (_what, revokeEveryone) => {
      await signIn();

      expect(await revokeEveryone()).toBe(1);
    });

    test('revokeEveryone() with signedInBefore ends the sessions that began earlier, and the later ones stay signed in', async () => {
      const [old, visitor] = [await signIn(), await guest()];
      await new Promise((resolve) => setTimeout(resolve, 5));
      const [later, bob] = [await signIn(), await signIn('bob')];
      const time = (await app.sessions.get(later.id))!.signedInAt!;
      app.events.length = 0;

      expect(await app.sessions.revokeEveryone({ signedInBefore: time })).toBe(2);
      expect(await Promise.all([old, later, bob].map(({ client }) => userIn(client)))).toEqual([
        undefined,
        'alice',
        'bob',
      ]);
      expect(await cartOf(visitor)).toBe('');
      const userIds = (await app.eventsOf('revoked')).map(({ userId }) => String(userId));
      expect(userIds.sort()).toEqual(['alice', 'null']);
      expect(await app.sessions.count('alice')).toBe(1);
    });

    test('revokeEveryone() reports the address of the request that revoked the sessions', async () => {
      const [{ client: admin }, { id }] = [await signIn('bob'), await signIn()];
      await act(admin, (_session, by) => app.sessions.revokeEveryone({ by, except: by }));

      expect(await firstValueFrom(app.sessions.watchEnd(id))).toMatchObject({
        reason: 'revoked',
        by: { address: '127.0.0.1' },
      });
    });
  });

  test('a handler that revokes its own session can no longer write to it, and the client is signed out', async () => {
    const { client, id } = await signIn();
    const { status, sessionCookie } = await act(client, async (session) => {
      await app.sessions.revoke(id);
      session['a'] = 1;
    });

    expect(status).toBe(200);
    expect(await app.stored(id)).toEqual({});
    expect(sessionCookie === null || sessionCookie.includes('Max-Age=0')).toBe(true);
    expect(await userIn(client)).toBeUndefined();
  });

  test('describe() returns null if the session is not stored yet', async () => {
    const { status, text } = await act(app.client(), (_session, request) => app.sessions.describe(request));

    expect({ status, text: text.replace('null', '') }).toEqual({ status: 200, text: '' });
  });

  test('ping() resolves if the store responds', async () => {
    await expect(app.sessions.ping()).resolves.toBeUndefined();
  });
});
