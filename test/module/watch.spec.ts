import type { SessionEnd, SessionInfo, SignInOptions } from 'nestjs-redis-session';
import { firstValueFrom } from 'rxjs';
import { redis, startApp, type TestApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';
import { Stage, staged } from '../support/stage.js';
import { storedRecord } from '../support/stored-session.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const BY_FIREFOX = { device: 'Firefox on Linux', address: '127.0.0.1' };

onEachPlatform((platform) => {
  const stage = new Stage();
  let app: TestApp;

  beforeAll(async () => {
    const session = { limit: { max: 2, onExceed: 'reject' } } as const;
    app = await startApp(platform, { ...staged(stage), session });
  });
  afterEach(() => app.sessions.revokeAll('alice'));

  const headers = { 'User-Agent': FIREFOX };
  async function tryToSignIn(options: SignInOptions = {}): Promise<{ client: Client; answer: Answer }> {
    const client = app.client();
    stage.on('sign-in', (_session, request) => app.sessions.signIn(request, { id: 'alice' }, options));
    return { client, answer: await client.post('/stage/sign-in', undefined, { headers }) };
  }
  async function signIn(options?: SignInOptions) {
    const { client, answer } = await tryToSignIn(options);
    return { client, id: (answer.body as SessionInfo).id };
  }
  const watch = (id: string, every: string): Promise<SessionEnd> =>
    firstValueFrom(app.sessions.watchEnd(id, { every }));

  describe('watchEnd()', () => {
    test('watchEnd() reports a revocation at once, with the device and the address that revoked the session', async () => {
      const [{ client }, victim] = [await signIn(), await signIn()];
      const end = watch(victim.id, '1h');
      stage.on('revoke', (_session, request) => app.sessions.revoke(victim.id, { by: request }));
      await client.post('/stage/revoke', undefined, { headers });
      expect(await end).toEqual({ reason: 'revoked', by: BY_FIREFOX, at: expect.any(Number) as number });
    });

    test('watchEnd() detects an end without a notification', async () => {
      const { id } = await signIn();
      const end = watch(id, '20ms');
      await redis().del(app.keyOf(id));
      expect(await end).toEqual({ reason: 'expired', at: null });
    });

    test('watchEnd() reports an end for a value that is not an id', async () => {
      expect(await watch('no id', '1h')).toEqual({ reason: 'expired', at: null });
    });

    test('watchEnd() rejects an invalid interval, and the error says what was expected', () => {
      expect(() => app.sessions.watchEnd('A'.repeat(25), { every: 'often' as never })).toThrow(
        'every: expected a positive length of time',
      );
    });
  });

  test('revokeOthers() and revokeAll() report the device and the address that revoked the sessions', async () => {
    const [{ client }, victim] = [await signIn(), await signIn()];
    stage.on('others', (_session, request) => app.sessions.revokeOthers(request));
    await client.post('/stage/others', undefined, { headers });
    expect(await watch(victim.id, '1h')).toMatchObject({ reason: 'revoked', by: BY_FIREFOX });

    const another = await signIn();
    stage.on('all', (_session, request) => app.sessions.revokeAll('alice', { by: request }));
    await app.client().post('/stage/all', undefined, { headers });
    expect(await watch(another.id, '1h')).toMatchObject({ reason: 'revoked', by: BY_FIREFOX });
  });

  test('ignoreActivity() leaves the idle clock where it was, also when the response ends late', async () => {
    const { client, id } = await signIn();
    await app.rest(id, 10);
    const lastActiveAt = async () => storedRecord(await app.stored(id))?.lastActiveAt ?? 0;
    const before = await lastActiveAt();
    stage.on('poll', (_session, request) => app.sessions.ignoreActivity(request));
    stage.onRaw('stream', (response, request) => {
      app.sessions.ignoreActivity(request.session);
      response.write('one');
      setImmediate(() => response.end('two'));
    });
    await client.get('/stage/poll');
    expect((await client.get('/raw/stream')).text).toBe('onetwo');
    expect(await lastActiveAt()).toBe(before);

    stage.on('read', () => 'read');
    await client.get('/stage/read');
    expect(await lastActiveAt()).toBeGreaterThan(before);
  });

  test('a sign-in can override the behavior beyond the limit', async () => {
    const first = await signIn();
    await new Promise((resolve) => setTimeout(resolve, 3));
    await signIn();
    expect((await tryToSignIn()).answer.status).toBe(409);
    expect((await tryToSignIn({ onExceed: 'evict-oldest' })).answer.status).toBe(200);
    expect(await watch(first.id, '1h')).toMatchObject({ reason: 'evicted' });
    expect(await app.sessions.count('alice')).toBe(2);
  });

  test('a sign-in with an invalid onExceed is rejected, and the error says what was expected', async () => {
    stage.on('wrong', (_session, request) =>
      app.sessions
        .signIn(request, { id: 'alice' }, { onExceed: 'evict' as never })
        .catch((error: Error) => ({ message: error.message })),
    );
    const { body } = await app.client().post('/stage/wrong');
    expect(body).toEqual({
      message: expect.stringContaining(
        "onExceed: expected 'evict-oldest', 'evict-idlest' or 'reject'",
      ) as string,
    });
    expect(await app.sessions.count('alice')).toBe(0);
  });
});
