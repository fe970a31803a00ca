import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { expectError } from './support/expect-error.js';

describe.each(PLATFORMS)('session data in the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform, DEMO_USERS: '10' });
  });
  afterAll(() => site.close());

  it('a client writes, reads and removes fields without a sign-in, and a sign-in keeps the fields', async () => {
    const client = demo.client();
    const cart = [{ item: 'tea', count: 2, gift: null }, []];
    const set = await client.put('/api/data/cart', { value: cart });
    expect({ status: set.status, body: set.body }).toEqual({ status: 200, body: { cart } });
    await client.put('/api/data/nothing', { value: null });
    await signIn(client);
    expect((await client.get('/api/data')).body).toEqual({ cart, nothing: null });
    expect((await client.delete('/api/data/nothing')).status).toBe(204);
    expect((await client.delete('/api/data/nothing')).status).toBe(204);
    expect((await client.get('/api/data')).body).toEqual({ cart });
    expect((await demo.client().get('/api/data')).body).toEqual({});
  });

  it.each(['id', 'save', 'destroy', 'constructor', '__proto__', 'prototype', 'passport'])(
    'a write to the reserved name %s gets 400 with that reason',
    async (key) => {
      const client = await signIn(demo.client(), 'user8');
      const writes = [
        await client.put(`/api/data/${key}`, { value: { user: 'admin' } }),
        await client.delete(`/api/data/${key}`),
        await client.post('/api/slow', { ms: 0, key, value: 'admin' }),
      ];
      for (const answer of writes) {
        expectError(answer, 400);
        expect(answer.text).toContain('reserved');
      }
      expect((await client.get('/api/me')).body).toMatchObject({ user: { id: 'user8' } });
      expect((await client.get('/api/data')).body).toEqual({});
    },
  );

  it.each([
    ['invalid JSON', 'PUT', '/api/data/a', '{"value":'],
    ['invalid JSON in a login', 'POST', '/api/login', '{"username":alice}'],
    ['a body without a value', 'PUT', '/api/data/a', '{"valu":1}'],
    ['a body that is not an object', 'PUT', '/api/data/a', '[1]'],
    ['a value with the key __proto__', 'PUT', '/api/data/a', '{"value":{"__proto__":{"x":1}}}'],
    ['a value with the key constructor', 'PUT', '/api/data/a', '{"value":[{"constructor":{"x":1}}]}'],
    ['a name that is too long', 'PUT', `/api/data/${'a'.repeat(65)}`, '{"value":1}'],
  ])('a request with %s gets 400 and stores nothing', async (_what, method, path, body) => {
    const before = await site.redis.dbsize();
    expectError(await demo.sendText(method, path, body), 400);
    expect(await site.redis.dbsize()).toBe(before);
  });

  it('a slow request waits, then writes the field', async () => {
    const client = demo.client();
    const start = performance.now();
    const answer = await client.post('/api/slow', { ms: 200, key: 'color', value: 'red' });
    expect(performance.now() - start).toBeGreaterThanOrEqual(199);
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { color: 'red' } });
    expect((await client.get('/api/data')).body).toEqual({ color: 'red' });
  });

  it.each([10_001, -1, 1.5, 'soon', [1, 2], undefined])(
    'a slow request of %p ms gets 400 at once',
    async (ms) => {
      expectError(await demo.client().post('/api/slow', { ms, key: 'a', value: 'b' }), 400);
    },
  );

  it('a GET writes nothing, because another site can make a browser send it', async () => {
    const client = demo.client();
    expectError(await client.get('/api/slow?ms=0&key=color&value=red'), 404);
    expect((await client.get('/api/data')).body).toEqual({});
  });

  it('a slow request whose session was signed out meanwhile gets 401 and does not restore the session', async () => {
    const client = await signIn(demo.client(), 'user9');
    const parallel = client.copy();
    const slow = parallel.post('/api/slow', { ms: 1000, key: 'color', value: 'red' });
    await client.get('/api/me'); // by now the slow request has its session
    await client.post('/api/logout');
    expectError(await slow, 401, { reason: 'signed-out' });
    expectError(await client.copy().get('/api/me'), 401);
    const admin = await signIn(demo.client(), 'admin');
    expect((await admin.get('/api/admin/users/user9/sessions')).body).toEqual([]);
  });

  it('two concurrent slow requests keep both of their fields', async () => {
    const client = await signIn(demo.client(), 'user10');
    await Promise.all([
      client.post('/api/slow', { ms: 100, key: 'one', value: '1' }),
      client.post('/api/slow', { ms: 100, key: 'two', value: '2' }),
    ]);
    expect((await client.get('/api/data')).body).toEqual({ one: '1', two: '2' });
  });
});
