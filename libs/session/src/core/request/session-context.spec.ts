import type { SessionContext } from './session-context.js';
import {
  Application,
  changeAfter,
  cookieAfter,
  dataOf,
  memoryApplication,
  storeThatFails,
} from '../../../../../test/support/session-runtime.js';
import {
  SessionDataError,
  SessionEndedError,
  SessionUnavailableError,
  SessionUsageError,
  SessionValueError,
} from '../errors/errors.js';
import type { FieldRules } from '../fields/field-codec.js';
import { parseToken, sessionIdOf, type Token } from '../record/token.js';

const MINUTE_MS = 60_000;

/** Rules by which a theme is dark or light. */
const THEMES: FieldRules = {
  unknown: 'keep',
  knows: () => true,
  prune: (_name, value) => value,
  checkWrite: (values) => {
    const isWrong = values.has('theme') && !['dark', 'light'].includes(values.get('theme') as string);
    return Promise.resolve(isWrong ? [{ field: 'theme', expected: ['dark or light'] }] : []);
  },
  checkRead: () => new Map(),
};

/** Creates an application, a client with an anonymous session, and the next request of the client. */
async function returningVisitor(settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await stage.app.clientThat((session) => (session['cart'] = [1]));
  const id = sessionIdOf(cookie);
  return { ...stage, cookie, id, context: await stage.app.request(cookie) };
}

describe('activity', () => {
  it('records activity if the last record is older than a tenth of the idle timeout', async () => {
    const { app, clock, store, cookie, id } = await returningVisitor();
    const before = (await store.load(id))?.lastActiveAt;
    clock.advance(3 * MINUTE_MS - 1);
    const early = await app.request(cookie);
    expect(early.isIdle).toBe(true);
    await changeAfter(early);
    expect((await store.load(id))?.lastActiveAt).toBe(before);
    clock.advance(1);
    const due = await app.request(cookie);
    expect(due.isIdle).toBe(false);
    expect(await changeAfter(due)).toBeNull();
    expect((await store.load(id))?.lastActiveAt).toBe(clock.now());
    expect(due.isIdle).toBe(true);
  });

  it('a write records activity if the last record is older than a tenth of the idle timeout', async () => {
    const { app, clock, store, cookie, id } = await returningVisitor();
    const before = (await store.load(id))?.lastActiveAt;
    const write = async (theme: string) => {
      const context = await app.request(cookie);
      dataOf(context)['theme'] = theme;
      await context.finish();
      const record = await store.load(id);
      expect(record?.fields.get('theme')).toBe(JSON.stringify(theme));
      expect(context.record?.lastActiveAt).toBe(record?.lastActiveAt);
      return record?.lastActiveAt;
    };
    clock.advance(3 * MINUTE_MS - 1);
    expect(await write('dark')).toBe(before);
    clock.advance(1);
    expect(await write('light')).toBe(clock.now());
  });

  it('touch() records activity at once', async () => {
    const { clock, store, context, id } = await returningVisitor();
    clock.advance(1);
    await context.touch();
    expect((await store.load(id))?.lastActiveAt).toBe(clock.now());
  });

  it('a failure to record activity does not fail the response, and emits store-failed', async () => {
    const { app, clock, store, cookie } = await returningVisitor();
    const failing = new Application(storeThatFails(store, 'touch'));
    clock.advance(10 * MINUTE_MS);
    const context = await failing.request(cookie);
    expect(await changeAfter(context)).toBeNull();
    expect(await failing.events('store-failed')).toMatchObject([{ operation: 'touch' }]);
    expect(await app.events('store-failed')).toEqual([]);
  });
});

describe('a session that ends during a request', () => {
  async function losing() {
    const stage = memoryApplication();
    const cookie = await stage.app.clientThat(async (session, context) => {
      session['cart'] = [1];
      await stage.app.signIn(context, 'alice');
    });
    const context = await stage.app.request(cookie);
    const id = sessionIdOf(cookie);
    const revoke = () => stage.store.destroy(id, { reason: 'revoked' });
    return { ...stage, cookie, context, id, revoke };
  }

  it('a late write does not restore an ended session, and does not fail the response', async () => {
    const { app, store, context, id, revoke } = await losing();
    dataOf(context)['cart'] = [2];
    await revoke();
    expect(await changeAfter(context)).toBeNull();
    await context.finish();
    expect(await store.load(id)).toBeNull();
    expect(store.size).toBe(0);
    expect(await app.events('write-refused')).toMatchObject([{ sessionId: id, reason: 'revoked' }]);
    expect(await context.end()).toMatchObject({ reason: 'revoked' });
    expect(context.record).toBeNull();
  });

  it.each<[string, (context: SessionContext) => Promise<unknown>]>([
    ['save', (context) => context.save()],
    ['touch', (context) => context.touch()],
    ['reload', (context) => context.reload()],
    ['regenerate', (context) => context.regenerate(true)],
    ['regenerate without data', (context) => context.regenerate(false)],
    ['increment', (context) => context.increment('visits', 1)],
    ['update', (context) => context.update('cart', () => [3])],
  ])('rejects with the end reason after the session ended: %s', async (_what, act) => {
    const { store, context, revoke } = await losing();
    dataOf(context)['cart'] = [2];
    await revoke();
    await expect(act(context)).rejects.toThrow(SessionEndedError);
    await expect(act(context)).rejects.toMatchObject({ end: { reason: 'revoked' }, statusCode: 401 });
    expect(store.size).toBe(0);
  });

  it.each<[string, (context: SessionContext) => Promise<unknown>]>([
    ['save', (context) => context.save()],
    ['increment', (context) => context.increment('visits', 1)],
    ['destroy', (context) => context.destroy()],
  ])('creates no session in place of one whose end reason is unknown: %s', async (_what, act) => {
    const { store, cookie, id, revoke } = await losing();
    let isDown = true;
    const app = new Application(storeThatFails(store, 'endOf', () => isDown));
    const context = await app.request(cookie);
    dataOf(context)['cart'] = [2];
    await revoke();
    for (let time = 0; time < 2; time++) await expect(act(context)).rejects.toThrow(SessionUnavailableError);
    isDown = false;
    expect(await changeAfter(context)).toBeNull();
    expect(store.size).toBe(0);
    expect(await app.events('write-refused')).toMatchObject([{ sessionId: id }]);
  });

  it('a sign-in after the end of the session succeeds, and inherits no data', async () => {
    const { app, store, context, revoke } = await losing();
    dataOf(context)['cart'] = [2];
    await revoke();
    await expect(context.save()).rejects.toThrow(SessionEndedError);
    await app.signIn(context, 'alice');
    expect(Object.keys(dataOf(context))).toEqual([]);
    const token = await cookieAfter(context);
    expect((await store.load(sessionIdOf(token)))?.fields.size).toBe(0);
  });

  it('destroy() succeeds after the session ended elsewhere', async () => {
    const { context, revoke } = await losing();
    await revoke();
    await context.destroy();
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });
});

describe('invalid data', () => {
  it.each([
    ['data that breaks the rules', { theme: 'pink' }, SessionDataError],
    ['data that JSON would damage', { total: 1n }, SessionValueError],
  ])('rejects at the end of a request whose handler did not save: %s', async (_what, data, type) => {
    const { store, context, id } = await returningVisitor({ rules: THEMES });
    Object.assign(dataOf(context), data, { more: 1 });
    await expect(context.finish()).rejects.toThrow(type);
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1]']]));
  });

  it.each([
    ['data that breaks the rules', { theme: 'pink' }, SessionDataError],
    ['data that JSON would damage', { total: 1n }, SessionValueError],
  ])('finishes a request whose handler received the error from save(): %s', async (_what, data, type) => {
    const { store, context, id } = await returningVisitor({ rules: THEMES });
    Object.assign(dataOf(context), data, { more: 1 });
    await expect(context.save()).rejects.toThrow(type);
    expect(await changeAfter(context)).toBeNull();
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1]']]));
  });

  it('stores data that the handler corrected after an error', async () => {
    const { store, context, id } = await returningVisitor({ rules: THEMES });
    dataOf(context)['theme'] = 'pink';
    await expect(context.save()).rejects.toThrow('theme: dark or light');
    dataOf(context)['theme'] = 'dark';
    await changeAfter(context);
    expect((await store.load(id))?.fields.get('theme')).toBe('"dark"');
  });

  it('invalid data rejects a sign-in, which changes nothing', async () => {
    const { app, store, context, id } = await returningVisitor({ rules: THEMES });
    dataOf(context)['theme'] = 'pink';
    await expect(app.signIn(context, 'alice')).rejects.toThrow(SessionDataError);
    expect(context.record?.id).toBe(id);
    expect(await store.list('alice')).toEqual([]);
  });
});

describe('operations after the head of the response', () => {
  it('rejects operations that need a new cookie after the head was sent, and says what to do', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    await changeAfter(context);
    dataOf(context)['cart'] = [1];
    await expect(context.save()).rejects.toThrow(SessionUsageError);
    await expect(context.save()).rejects.toThrow('Do it before the first byte of the response is written.');
    await expect(app.signIn(context, 'alice')).rejects.toThrow(
      'A session cannot be signed in after the head',
    );
    expect(store.size).toBe(0);
  });

  it('stores changes that need no new cookie after the head was sent', async () => {
    const { store, context, id } = await returningVisitor();
    await changeAfter(context);
    await expect(context.regenerate(true)).rejects.toThrow('A session cannot be regenerated after the head');
    dataOf(context)['cart'] = [2];
    expect(context.isIdle).toBe(false);
    await context.finish();
    expect((await store.load(id))?.fields.get('cart')).toBe('[2]');
    await context.destroy();
    expect(await store.load(id)).toBeNull();
  });

  it('finishBeforeHead() writes the changes, and lets no operation after it change the cookie', async () => {
    const { app, store, cookie, id } = await returningVisitor();
    const context = await app.request(cookie);
    dataOf(context)['cart'] = [2];
    await context.finishBeforeHead();
    expect((await store.load(id))?.fields.get('cart')).toBe('[2]');
    await expect(context.regenerate(true)).rejects.toThrow('after the head of the response was sent');
  });
});

describe('operations without await', () => {
  it('operations without await run one after another, and the end of the request waits for them', async () => {
    const { store, context, id } = await returningVisitor();
    const data = dataOf(context);
    data['cart'] = [2];
    void context.save();
    data['cart'] = [3];
    void context.regenerate(true);
    expect(context.isIdle).toBe(false);
    const token = await cookieAfter(context);
    expect(await store.load(id)).toBeNull();
    expect((await store.load(sessionIdOf(token)))?.fields.get('cart')).toBe('[3]');
  });
});

describe('regenerate() without the data', () => {
  it('ignores unsaved changes, even those that cannot be stored', async () => {
    const { app, store, cookie } = await returningVisitor();
    const context = await app.request(cookie);
    dataOf(context)['total'] = 1n;
    await context.regenerate(false);
    expect(Object.keys(dataOf(context))).toEqual([]);
    expect((await store.load(context.id))?.fields.size).toBe(0);
  });
});

describe('a session that was served from a cache', () => {
  async function served() {
    const stage = await returningVisitor();
    const cached = Object.assign(Object.create(stage.store) as typeof stage.store, { isCopy: () => true });
    const app = new Application(cached);
    return { ...stage, context: await app.request(stage.cookie) };
  }

  it('revalidate() reads the writes of other requests', async () => {
    const { app, cookie, context } = await served();
    const other = await app.request(cookie);
    dataOf(other)['cart'] = [2];
    await other.finish();
    await context.revalidate();
    expect(dataOf(context)['cart']).toEqual([2]);
  });

  it('revalidate() queries the store once, and not for a session that came from the store', async () => {
    const { store, cookie } = await returningVisitor();
    for (const isCopy of [true, false]) {
      const queries: unknown[] = [];
      const load: typeof store.load = (id, options) => {
        queries.push(options?.fresh ?? false);
        return store.load(id, options);
      };
      const watched = Object.assign(Object.create(store) as typeof store, { isCopy: () => isCopy, load });
      const context = await new Application(watched).request(cookie);
      await context.revalidate();
      expect(queries).toEqual(isCopy ? [false, true] : [false]);
    }
  });

  it('revalidate() rejects with the end reason if the session has ended', async () => {
    const { store, context, id } = await served();
    await store.destroy(id, { reason: 'revoked' });
    await expect(context.revalidate()).rejects.toMatchObject({ end: { reason: 'revoked' } });
  });

  it('revalidate() keeps a session that this request has started, and the absence of one that it has ended', async () => {
    const { context, id } = await served();
    await context.regenerate(true);
    await context.revalidate();
    expect(context.record?.id).toBe(context.id);
    expect(context.id).not.toBe(id);
    await context.destroy();
    await context.revalidate();
    expect(context.record).toBeNull();
  });
});

describe('a reloaded session', () => {
  it('reload() takes over the writes of other requests, and discards unsaved changes', async () => {
    const { app, context, cookie } = await returningVisitor();
    const other = await app.request(cookie);
    dataOf(other)['theme'] = 'dark';
    await changeAfter(other);
    dataOf(context)['cart'] = [9];
    await context.reload();
    expect({ ...dataOf(context) }).toEqual({ cart: [1], theme: 'dark' });
    expect(context.isIdle).toBe(true);
  });
});

describe('the age of a sign-in', () => {
  it('signInAgeMs counts from the last sign-in, and is null for an anonymous session', async () => {
    const { app, clock, context } = await returningVisitor();
    expect(context.signInAgeMs).toBeNull();
    await app.signIn(context, 'alice');
    clock.advance(5 * MINUTE_MS);
    expect(context.signInAgeMs).toBe(5 * MINUTE_MS);
  });
});

describe('the end reason of a session', () => {
  const BY = { device: 'Firefox on Linux', address: '192.0.2.7' };

  it('end() returns the origin of the other sign-in to the holder of the token', async () => {
    const { app, store, cookie, id } = await returningVisitor();
    await store.destroy(id, { reason: 'evicted', by: BY });
    expect(await (await app.request(cookie)).end()).toMatchObject({ reason: 'evicted', by: BY });
  });

  it('end() hides the origin from a rotated token, which anyone who knows the ID could forge', async () => {
    const { app, store, id } = await returningVisitor();
    await store.destroy(id, { reason: 'evicted', by: BY });
    const madeUp = parseToken(id + 'x'.repeat(65)) as Token;
    expect(await (await app.request(madeUp)).end()).toEqual({
      reason: 'evicted',
      at: expect.any(Number) as number,
    });
  });
});
