import { shardOfUser } from 'nestjs-redis-session/core';
import { startPassportApp, WAYS } from '../passport/passport.app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { Act, AnySession } from '../support/stage.js';

const CREDENTIALS = { username: 'alice', password: 'password' };

/** Gets a session for the attacker, and puts its cookie into the victim's browser. */
async function plant(attacker: Client, victim: Client, visit: () => Promise<unknown>): Promise<void> {
  await visit();
  expect(attacker.cookie).not.toBeNull();
  victim.cookie = attacker.cookie;
}

onEachPlatform((platform) => {
  describe('passport', () => {
    test.each(WAYS)(
      'a cookie that was planted before a login by %s is invalid afterwards [CVE-2022-25896] [CVE-2023-29019]',
      async (way) => {
        const app = await startPassportApp(platform, { way });
        const [attacker, victim] = [app.client(), app.client()];
        await plant(attacker, victim, () => attacker.post('/visit'));

        expect((await victim.post('/login', CREDENTIALS)).status).toBe(200);

        expect(victim.cookie).not.toBe(attacker.cookie);
        expect((await victim.get('/me')).status).toBe(200);
        expect((await attacker.get('/me')).status).toBe(401);
        await app.stop();
      },
    );

    test('keepSessionInfo, which merges the old session into the new one, leaves the planted cookie invalid [CVE-2022-25896]', async () => {
      const app = await startPassportApp(platform, {
        way: 'request.logIn()',
        guard: { keepSessionInfo: true },
      });
      const [attacker, victim] = [app.client(), app.client()];
      await plant(attacker, victim, () => attacker.post('/visit'));
      await victim.post('/login', CREDENTIALS);

      expect((await victim.get('/data')).body).toEqual({ cart: ['book'] });
      expect((await attacker.get('/me')).status).toBe(401);
      await app.stop();
    });

    test.each(WAYS)('the cookie from before a logout by %s is invalid [CVE-2022-25896]', async (way) => {
      const app = await startPassportApp(platform, { way });
      const browser = app.client();
      await browser.post('/login', CREDENTIALS);
      const kept = browser.copy();
      await browser.post('/logout');

      expect((await kept.get('/me')).status).toBe(401);
      await app.stop();
    });
  });

  describe('a session', () => {
    const scene = setScene(platform);
    const { act } = scene;
    const who = async (client: Client) => (await act(whoActs, client)).body;
    const whoActs: Act = (_session, request) => ({
      user: scene.app.sessions.describe(request)?.userId ?? null,
    });
    const signIn: Act = (_session, request) => scene.app.sessions.signIn(request, { id: 'alice' });
    const leave = (client: Client) => act((session) => void (session['cart'] = ['book']), client);

    test('a session in Redis gets a new token at each sign-in, and only the new token is valid [CVE-2020-5205]', async () => {
      const [attacker, victim] = [scene.app.client(), scene.app.client()];
      await plant(attacker, victim, () => leave(attacker));
      await act(signIn, victim);
      const once = victim.copy();
      await act(signIn, victim);

      expect(await who(attacker)).toEqual({ user: null });
      expect(await who(once)).toEqual({ user: null });
      expect(await who(victim)).toEqual({ user: 'alice' });
    });

    const PATHS: readonly [string, Act][] = [
      ['signIn() that keeps the data', signIn],
      [
        'signIn() that drops the data',
        (_, request) => scene.app.sessions.signIn(request, { id: 'alice' }, { keepData: false }),
      ],
      [
        'signIn() with the session instead of the request',
        (session) => scene.app.sessions.signIn(session, { id: 'alice' }),
      ],
      ['SessionService.regenerate()', (_, request) => scene.app.sessions.regenerate(request)],
      ['session.regenerate()', (session) => session.regenerate()],
      ['session.regenerate() without the data', (session) => session.regenerate({ keepData: false })],
      ['session.regenerate(callback)', regenerateWithCallback],
    ];
    test.each(PATHS)(
      'a session gets a new token with every gain of rights: %s [CVE-2024-7341]',
      async (_way, path) => {
        const [attacker, victim] = [scene.app.client(), scene.app.client()];
        await plant(attacker, victim, () => leave(attacker));
        await act(path, victim);

        expect(victim.cookie).not.toBe(attacker.cookie);
        expect((await act((session) => ({ ...session }), attacker)).body).toEqual({});
      },
    );

    test('a session never takes its token, its id or a key from client input [CVE-2024-38513]', async () => {
      const victim = scene.app.client();
      const shard = shardOfUser('alice');
      victim.cookie = `__Host-sid=${shard}${'A'.repeat(43)}`;
      const attacker = victim.copy();
      await leave(victim);
      await act(signIn, victim);

      expect(victim.cookie).not.toBe(attacker.cookie);
      expect(await who(attacker)).toEqual({ user: null });
      expect((await scene.app.keys()).join()).not.toContain('AAAA');
    });

    const FRESH_SECRETS: readonly [string, Act][] = [
      [
        'a sign-in with keepData: false',
        (_, request) => scene.app.sessions.signIn(request, { id: 'alice' }, { keepData: false }),
      ],
      ['regenerate(callback), as passport calls it', regenerateWithCallback],
      [
        'a sign-in before which the application removes the field',
        (session, request) => (delete session['csrfSecret'], signIn(session, request)),
      ],
    ];
    test.each(FRESH_SECRETS)(
      'a session loses the CSRF secret that an attacker knows by %s [CVE-2023-29020] [CVE-2022-24895]',
      async (_how, path) => {
        const [attacker, victim] = [scene.app.client(), scene.app.client()];
        await plant(attacker, victim, () =>
          act((session) => void (session['csrfSecret'] = 'known'), attacker),
        );
        await act(path, victim);

        expect((await act((session) => ({ ...session }), victim)).body).toEqual({});
      },
    );
  });
});

function regenerateWithCallback(session: AnySession): Promise<void> {
  return new Promise((resolve, reject) => session.regenerate((error) => (error ? reject(error) : resolve())));
}
