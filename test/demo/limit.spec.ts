import { PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

interface LimitBody {
  readonly sessions: readonly { readonly id: string }[];
}

describe.each(PLATFORMS)('session limit of the demo (SESSION_MAX) on %s', (platform) => {
  let site: DemoSite;

  beforeAll(async () => {
    site = await DemoSite.open();
  });
  afterAll(() => site.close());

  it('an evicted client gets the reason, the time and the device that replaced it', async () => {
    const demo = await site.start({ HTTP_ADAPTER: platform, SESSION_MAX: '1' });
    const first = await signIn(demo.client(), 'alice', FIREFOX);
    const from = Date.now();
    await signIn(demo.client(), 'alice', CHROME);

    const answer = await first.get('/api/me');
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({
      reason: 'evicted',
      by: { device: 'Chrome on Windows', address: '127.0.0.1' },
    });
    expect(answer.sessionCookie).toMatch(/^sid=; Max-Age=0;/);
    const at = Date.parse((answer.body as { at: string }).at);
    expect(at).toBeGreaterThanOrEqual(from - 1);
    expect(at).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('the policy evict-idlest evicts the session that was inactive for longest', async () => {
    const env = {
      HTTP_ADAPTER: platform,
      SESSION_MAX: '2',
      SESSION_ON_EXCEED: 'evict-idlest',
      SESSION_IDLE: '10s',
    };
    const demo = await site.start(env);
    const oldest = await signIn(demo.client(), 'admin');
    const idlest = await signIn(demo.client(), 'admin');
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // activity is recorded every tenth of the idle timeout
    await oldest.get('/api/me');
    await signIn(demo.client(), 'admin');
    expect((await idlest.get('/api/me')).body).toMatchObject({ reason: 'evicted' });
    expect((await oldest.get('/api/me')).status).toBe(200);
  });

  it('the policy reject rejects a login with 409 and the active sessions, and accepts it after one of them has ended', async () => {
    const demo = await site.start({ HTTP_ADAPTER: platform, SESSION_MAX: '2', SESSION_ON_EXCEED: 'reject' });
    const first = await signIn(demo.client(), 'bob', FIREFOX);
    const second = await signIn(demo.client(), 'bob', CHROME);
    const third = demo.client();
    const credentials = { username: 'bob', password: 'password' };

    const rejected = await third.post('/api/login', credentials);
    expect(rejected.status).toBe(409);
    expect(rejected.setCookies).toEqual([]);
    expect(rejected.body).toMatchObject({
      max: 2,
      sessions: [
        { device: 'Chrome on Windows', lastActiveAt: expect.any(String) as string },
        { device: 'Firefox on Linux', lastActiveAt: expect.any(String) as string },
      ],
    });

    const { sessions } = rejected.body as LimitBody;
    expect((await second.delete(`/api/sessions/${sessions[1]?.id}`)).status).toBe(204);
    expect((await third.post('/api/login', credentials)).status).toBe(200);
    expect((await first.get('/api/me')).body).toMatchObject({ reason: 'revoked' });
    expect((await second.get('/api/me')).status).toBe(200);
  });
});
