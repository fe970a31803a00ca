import { randomBytes } from 'node:crypto';
import { log } from '../support/log-book.js';
import type { Act } from '../support/stage.js';
import { recordFault } from './support/record.js';
import { useSite } from './support/site.js';
import { userOn, type Visitors } from './support/visitor.js';

const MAX_BYTES = 64 * 1024;
const DEEP = JSON.parse('['.repeat(99) + ']'.repeat(99)) as unknown;

describe('faults of data', () => {
  const holder = useSite({ args: ['--proto-max-bulk-len', '64mb'] });
  let visitors: Visitors;
  let ids: string[];
  beforeEach(async () => {
    visitors = holder.site.visitors();
    ids = await visitors.signIn();
    await visitors.put('/cart/kite');
    visitors.restartClock();
  });
  const act = (handler: Act) => {
    holder.site.stage.on('act', handler);
    return visitors.post('/stage/act');
  };
  const forEach = (write: (key: string) => Promise<unknown>) =>
    Promise.all(ids.map((id) => write(holder.site.keyOf(id))));
  const keyOf = (id: string) => holder.site.keyOf(id);

  test('a damaged record yields no session or its undamaged fields, and never an error [F24]', async () => {
    const { admin } = holder.site.redis;
    const [id = ''] = ids;
    const whole = await admin.hgetall(keyOf(id));
    const [client] = visitors.clients;
    const seen = new Set<number>();
    let slowestMs = 0;
    for (const [field, value] of Object.entries(whole)) {
      for (let at = 0; at < value.length; at++) {
        const damaged = Buffer.from(value);
        damaged[at] = (damaged[at] as number) ^ 0x85;
        await admin.hset(keyOf(id), field, damaged);
        const startedAt = performance.now();
        const { status } = await (client as NonNullable<typeof client>).copy().get('/cart');
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        seen.add(status);
      }
      await admin.hset(keyOf(id), field, value);
    }
    expect([...seen]).toEqual([200]);
    expect((await visitors.copy().get('/account')).status).toBe(200);

    for (const spoil of [
      (key: string) => admin.set(key, randomBytes(100), 'PX', 60_000),
      (key: string) => admin.rpush(key, 'a').then(() => admin.pexpire(key, 60_000)),
    ]) {
      await forEach((key) => admin.del(key));
      await forEach(spoil);
      expect(await visitors.copy().get('/account')).toMatchObject({ status: 401, cookie: 'cleared' });
      expect((await visitors.copy().get('/cart')).body).toEqual({ cart: null });
    }
    expect(log.recent('error', 'fatal')).toEqual([]);
    await forEach((key) => admin.del(key));
    for (const { sessions, platform } of holder.site.apps)
      expect(await sessions.count(userOn(platform.name))).toBe(0);
    recordFault('F24', { client: 'the session without the damaged field, or 401; never 500', slowestMs });
  });

  test('a write above the size limit is rejected and the old data stays; a stored record above the limit is unusable [F25]', async () => {
    const { admin } = holder.site.redis;
    const room = MAX_BYTES - 'big'.length;
    const kept = { cart: 'kite' };
    const taken = 'cart'.length + '"kite"'.length;
    // The quotes of JSON count, too.
    const fill = (length: number) => act((session) => void (session['big'] = 'x'.repeat(length - 2)));
    expect(await fill(room - taken + 1)).toMatchObject({ status: 413, cookie: 'unchanged' });
    expect((await act((session) => ({ ...session }))).body).toEqual(kept);
    expect((await fill(room - taken)).status).toBe(200);
    expect((await visitors.put('/cart/kites')).status).toBe(413);
    expect((await visitors.get('/cart')).body).toEqual(kept);

    await forEach((key) => admin.hset(key, '.big', JSON.stringify('x'.repeat(2 ** 20))));
    visitors.restartClock();
    expect(await visitors.get('/account')).toMatchObject({ status: 401, cookie: 'cleared' });
    for (const app of holder.site.apps) expect(await app.eventsOf('unusable-record')).not.toEqual([]);
    const client = '413 and the old data; 401 for such a record in Redis';
    recordFault('F25', { client, slowestMs: visitors.slowestMs });
  });

  test('a record of a later version yields no session and stays unchanged, and unknown fields stay, too [F26]', async () => {
    const { admin } = holder.site.redis;
    await forEach((key) => admin.hset(key, '.later', '{"a":1}', 'z', 'later'));
    await visitors.put('/cart/boat');
    await visitors.post('/visits');
    for (const id of ids)
      expect(await admin.hgetall(keyOf(id))).toMatchObject({
        '.later': '{"a":1}',
        z: 'later',
        '.cart': '"boat"',
      });

    const facts = await Promise.all(ids.map((id) => admin.hget(keyOf(id), 's')));
    await forEach((key) => admin.hset(key, 's', '[2,"of another layout"]'));
    const before = await Promise.all(ids.map((id) => admin.hgetall(keyOf(id))));
    expect((await visitors.copy().get('/account')).status).toBe(401);
    expect((await visitors.copy().put('/cart/car')).status).toBe(200);
    expect(await Promise.all(ids.map((id) => admin.hgetall(keyOf(id))))).toEqual(before);
    await Promise.all(ids.map((id, index) => admin.hset(keyOf(id), 's', facts[index] as string)));
    expect((await visitors.get('/cart')).body).toEqual({ cart: 'boat' });
    recordFault('F26', {
      client: '401 on the earlier version; the session on the later one',
      slowestMs: visitors.slowestMs,
    });
  });

  test('data stays identical through every script that moves it [F27]', async () => {
    const data = { list: [], inner: { list: [[]] }, large: 2 ** 53 - 1, small: 1e-7, deep: DEEP };
    expect((await act((session) => void Object.assign(session, data))).status).toBe(200);
    await visitors.post('/regenerate');
    await visitors.post('/visits');
    await visitors.signIn();

    const { body } = await act((session) => ({ ...session }));
    expect(body).toMatchObject({ list: [], inner: { list: [[]] }, large: 2 ** 53 - 1, small: 1e-7 });
    expect(JSON.stringify((body as { deep: unknown }).deep)).toBe(JSON.stringify(DEEP));
    recordFault('F27', { client: 'the stored value', slowestMs: visitors.slowestMs });
  });

  test('a stored __proto__ pollutes no prototype, is omitted, and is reported by an event [F28]', async () => {
    const { admin } = holder.site.redis;
    const evil = '{"__proto__":{"isAdmin":true}}';
    await forEach((key) =>
      admin.hset(key, '.__proto__', '{"isAdmin":true}', '.constructor', '1', '.profile', evil),
    );
    const { body } = await act((session) => {
      const merged: Record<string, unknown> = {};
      for (const name in session) merged[name] = session[name];
      return { ...merged, isAdmin: merged['isAdmin'] ?? Object.assign({}, session)['isAdmin'] ?? 'no' };
    });

    expect(body).toEqual({ cart: 'kite', isAdmin: 'no' });
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    for (const app of holder.site.apps)
      expect((await app.eventsOf('invalid-data')).map(({ field }) => field)).toContain('profile');
    expect((await act((session) => void (session['a'] = JSON.parse(evil) as unknown))).status).toBe(500);
    recordFault('F28', { client: 'the session without that field', slowestMs: visitors.slowestMs });
  });
});
