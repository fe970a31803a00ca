import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite } from './support/demo-site.js';
import { expectError } from './support/expect-error.js';

const POLICY =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'";

describe.each(PLATFORMS)('static pages of the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;
  let without: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform });
    without = await site.start({ HTTP_ADAPTER: platform, NODE_ENV: 'production' });
  });
  afterAll(() => site.close());

  it.each(['text/html,application/xhtml+xml', '*/*'])(
    'GET / returns the page to a client that accepts %s',
    async (accept) => {
      const { headers, text } = await demo.client().get('/', { headers: { Accept: accept } });
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(text).toMatch(/^<!doctype html>/);
      expect(text).not.toMatch(/<style|<script(?! type="module" crossorigin src)|https?:\/\//);
    },
  );

  it.each<Record<string, string>>([{}, { Accept: 'application/json' }, { Accept: 'application/json, */*' }])(
    'GET / returns the list of routes to a client with the headers %j',
    async (headers) => {
      expect((await demo.client().get('/', { headers })).body).toHaveProperty(['api', 'POST /api/login']);
    },
  );

  it('the security headers allow only the demo’s own files, and no frames', async () => {
    for (const path of ['/', '/api/session', '/api/nothing', '/health']) {
      const { headers } = await demo.client().get(path, { headers: { Accept: 'text/html' } });
      expect(headers).toMatchObject({
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });

  it('the assets are immutable, and no path reaches another file', async () => {
    const { text } = await demo.client().get('/', { headers: { Accept: 'text/html' } });
    const assets = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(assets.map((path) => path.split('.').at(-1)).sort()).toEqual(['css', 'js', 'svg']);
    for (const path of assets) {
      const answer = await demo.client().get(path);
      expect({ path, status: answer.status, cookies: answer.setCookies }).toEqual({
        path,
        status: 200,
        cookies: [],
      });
      if (path.startsWith('/assets')) expect(answer.headers['cache-control']).toContain('immutable');
    }
    for (const path of [
      '/assets/../index.html',
      '/assets/..%2F..%2Fmain.js',
      '/assets/%2e%2e%2findex.html',
    ]) {
      expectError(await demo.client().get(path), 404);
    }
  });

  it('the lab is disabled in production', async () => {
    expect((await without.client().get('/api/demo')).body).toMatchObject({ lab: false });
    expectError(await without.client().post('/api/lab/attacks/fixation'), 404);
    expectError(await without.client().post('/api/lab/simulations'), 404);
    expectError(
      await without.client().post('/api/login', { username: 'lab-victim', password: 'password' }),
      401,
    );
  });

  it('the lab queues eight attacks and rejects more with 429', async () => {
    const many = Array.from({ length: 12 }, () => demo.client().post('/api/lab/attacks/replay'));
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
    expectError(await demo.client().post('/api/lab/attacks/nothing'), 404);
  });

  it('an attack leaves no session of the lab behind, and no key of the plain application without a TTL', async () => {
    await demo.client().post('/api/lab/attacks/fixation');
    const keys = await site.redis.keys('demo-lab-plain:*');
    for (const key of keys) expect(await site.redis.ttl(key)).toBeGreaterThan(0);
    expect(await site.redis.keys('*:u:lab-*')).toEqual([]);
  });
});
