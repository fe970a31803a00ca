import { readFileSync } from 'node:fs';
import { expiryOf } from '../support/expiry.js';
import { redis, startApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import { type Act, Stage, staged } from '../support/stage.js';
import { changeTimes, storedRecord } from '../support/stored-session.js';
import { Gate } from 'nestjs-redis-session/testing';

const PARALLEL = 20;

onEachPlatform((platform) => {
  const scene = setScene(platform, { session: { limit: { max: 5, onExceed: 'evict-oldest' } } });
  const { act, hook } = scene;
  const signIn: Act = (_session, request) => scene.app.sessions.signIn(request, { id: 'alice' });
  const who = async (client: Client) => {
    const { body } = await act(
      (_, request) => ({ user: scene.app.sessions.describe(request)?.userId ?? null }),
      client,
    );
    return (body as { user: string | null }).user;
  };
  const signedIn = async (handler: Act = signIn) => {
    const client = scene.app.client();
    const { body } = await act(handler, client);
    return { client, id: (body as { id: string }).id };
  };
  afterEach(() => scene.app.sessions.revokeAll('alice'));

  const ENDS: readonly [string, (client: Client, id: string) => Promise<unknown>][] = [
    ['signOut()', (client) => act((_, request) => scene.app.sessions.signOut(request), client)],
    ['session.destroy()', (client) => act((session) => session.destroy(), client)],
    ['revoke()', (_, id) => scene.app.sessions.revoke(id)],
    ['revokeAll()', () => scene.app.sessions.revokeAll('alice')],
    ['the limit', async () => Promise.all(Array.from({ length: 5 }, () => signedIn()))],
  ];
  test.each(ENDS)(
    'a cookie that was kept is invalid once its session ended by %s [CVE-2024-31999]',
    async (_how, end) => {
      const { client, id } = await signedIn();
      const kept = client.copy();
      await end(client, id);

      expect(await who(kept)).toBeNull();
      expect(await scene.app.stored(id)).toEqual({});
    },
  );

  test('a slow request does not restore the session that a quick one ended [CVE-2025-46336] [GHSA-9j94-67jr-4cqj]', async () => {
    const { client, id } = await signedIn();
    const slow = client.copy();
    const gate = new Gate();
    scene.stage.on('slow', async (session) => {
      session['cart'] = ['book'];
      await gate.pass();
    });
    const answer = slow.post('/stage/slow');
    await gate.arrived;
    await act((_, request) => scene.app.sessions.signOut(request), client);
    gate.open();

    expect((await answer).sessionCookie ?? 'none').not.toMatch(/sid=[\w-]/);
    expect(await scene.app.stored(id)).toEqual({});
    expect(await who(slow)).toBeNull();
  });

  test('neither reading nor touching moves the absolute end, and a key that outlives it is deleted [CVE-2024-35220]', async () => {
    const { client, id } = await signedIn();
    const key = scene.app.keyOf(id);
    const endsAt = storedRecord(await scene.app.stored(id))?.absoluteEndAt ?? 0;
    for (let round = 0; round < 3; round++) {
      await scene.app.rest(id, 20);
      await act((session) => session.touch(), client);
    }
    expect(storedRecord(await scene.app.stored(id))?.absoluteEndAt).toBe(endsAt);
    expect(await expiryOf(redis(), key)).toBeLessThanOrEqual(endsAt);

    // As after a restore from a backup that lost the expiry of keys.
    await changeTimes(redis(), key, { absoluteEndAt: Date.now() - 1_000 });
    await redis().persist(key);
    await scene.app.rest(id, 20);
    await client.get('/stage/act');
    expect(await redis().exists(key)).toBe(0);
    expect(await who(client)).toBeNull();
  });

  test('a persistent cookie is invalid after a password reset [GHSA-q4xf-7fw5-4x8v]', async () => {
    const { client } = await signedIn((_, request) =>
      scene.app.sessions.signIn(request, { id: 'alice' }, { persistent: true }),
    );
    await scene.app.sessions.revokeAll('alice');

    expect(await who(client)).toBeNull();
  });

  test('a request ends the session that its cookie opens, and no other [ADV-better-auth-sign-out]', async () => {
    const victim = await signedIn();
    const attacker = scene.app.client();
    await act((_, request) => scene.app.sessions.signIn(request, { id: 'mallory' }), attacker);
    const forged = `__Host-sid=${victim.id}${'A'.repeat(65)}`;
    const signOut: Act = (_, request) => scene.app.sessions.signOut(request);
    scene.stage.on('act', signOut);
    for (const cookie of [forged, `${forged}; ${attacker.cookie ?? ''}`]) {
      await attacker.post(`/stage/act?sid=${victim.id}`, { id: victim.id, sessionId: victim.id }, { cookie });
    }

    expect(await who(victim.client)).toBe('alice');
    expect(await who(attacker)).toBeNull();
  });

  test('exactly one of many requests that exchange the same token succeeds [CVE-2026-53517] [CVE-2026-53518]', async () => {
    const { client } = await signedIn();
    const gate = new Gate();
    let waiting = 0;
    scene.stage.on('exchange', async (session) => {
      if (++waiting === PARALLEL) gate.open();
      await gate.pass();
      await session.regenerate();
    });
    const answers = await Promise.all(
      Array.from({ length: PARALLEL }, () => client.copy().post('/stage/exchange')),
    );
    const cookies = answers.map(({ sessionCookie }) => sessionCookie).filter((cookie) => cookie !== null);

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(cookies).toHaveLength(1);
    expect(await scene.app.sessions.count('alice')).toBe(1);
    expect(await who(client)).toBeNull();
  });

  test('an id, a bare secret or a secret under another id opens no session [CVE-2023-48309]', async () => {
    const [victim, attacker] = [await signedIn(), scene.app.client()];
    await act((_, request) => scene.app.sessions.signIn(request, { id: 'mallory' }), attacker);
    const secret = attacker.cookie?.slice('__Host-sid='.length + 3) ?? '';
    const tag = 'A'.repeat(22);
    for (const value of [victim.id, secret, victim.id + secret + tag, victim.id.slice(0, 3) + secret]) {
      attacker.cookie = `__Host-sid=${value}`;
      expect(await who(attacker)).toBeNull();
    }
  });

  test('a token with any prefix or suffix is rejected, and the source compares tags by timingSafeEqual [CVE-2016-1000236]', async () => {
    const source = readFileSync(
      new URL('../../libs/session/src/core/record/token.ts', import.meta.url),
      'utf8',
    );
    expect(/export function isGenuine\(.*?\n}/s.exec(source)?.[0]).toContain('timingSafeEqual(');
    const { client } = await signedIn();
    const token = client.cookie?.split('=')[1] ?? '';
    for (const value of [
      `${token}.`,
      `${token}A`,
      `A${token}`,
      token.slice(0, -1),
      `${token}.${'A'.repeat(43)}`,
    ]) {
      hook.calls.length = 0;
      client.cookie = `__Host-sid=${value}`;
      expect((await client.get('/stage/none')).status).toBe(200);
      expect(hook.calls).toEqual([]);
    }
  });

  test('a listener that fails at the end of a session does not keep the session alive [CVE-2021-34428]', async () => {
    const { SessionEvents } = await import('nestjs-redis-session');
    const events = scene.app.app.get(SessionEvents);
    const silence = [
      events.on('signed-out', () => {
        throw new Error('listener');
      }),
      events.on('*', () => Promise.reject(new Error('listener'))),
    ];
    const { client, id } = await signedIn();
    const kept = client.copy();
    const { status } = await act((_, request) => scene.app.sessions.signOut(request), client);
    expect(status).toBe(200);

    expect(await scene.app.stored(id)).toEqual({});
    expect(await who(kept)).toBeNull();
    for (const stop of silence) stop();
  });

  test('a session with a pending second factor is anonymous, from the cache too, and so is a revoked one [GHSA-xg6x-h9c9-2m83]', async () => {
    const stage = new Stage();
    const app = await startApp(platform, { ...staged(stage), session: { cache: { staleness: '500ms' } } });
    stage.on('pend', (session) => void (session['pendingUser'] = 'carol'));
    stage.on('signIn', (_, request) => app.sessions.signIn(request, { id: 'carol' }));
    stage.on('who', (_, request) => ({ user: app.sessions.describe(request)?.userId ?? null }));
    const browser = app.client();
    const user = async (client = browser) => (await client.get('/stage/who')).body;
    await browser.post('/stage/pend');
    const half = browser.copy();
    // Several times, so that the cache answers.
    for (let visit = 0; visit < 3; visit++) expect(await user()).toEqual({ user: null });
    await browser.post('/stage/signIn');
    for (let visit = 0; visit < 3; visit++) expect(await user()).toEqual({ user: 'carol' });
    expect(await user(half)).toEqual({ user: null });
    await app.sessions.revokeAll('carol');

    expect(await user(browser.copy())).toEqual({ user: null });
    await app.stop();
  });
});
