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

/** Themes are dark or light. */
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

/** An application, a client with a stored session of nobody, and its next request. */
async function returningVisitor(settings = {}) {
  const stage = memoryApplication(settings);
  const cookie = await stage.app.clientThat((session) => (session['cart'] = [1]));
  const id = sessionIdOf(cookie);
  return { ...stage, cookie, id, context: await stage.app.request(cookie) };
}

describe('activity', () => {
  it('is recorded when the last record is older than a tenth of the idle timeout', async () => {
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

  it('is recorded at once where the application asks for it', async () => {
    const { clock, store, context, id } = await returningVisitor();
    clock.advance(1);
    await context.touch();
    expect((await store.load(id))?.lastActiveAt).toBe(clock.now());
  });

  it('that cannot be recorded does not fail an answer that needs nothing else, and is told', async () => {
    const { app, clock, store, cookie } = await returningVisitor();
    const failing = new Application(storeThatFails(store, 'touch'));
    clock.advance(10 * MINUTE_MS);
    const context = await failing.request(cookie);
    expect(await changeAfter(context)).toBeNull();
    expect(await failing.events('store-failed')).toMatchObject([{ operation: 'touch' }]);
    expect(await app.events('store-failed')).toEqual([]);
  });
});

describe('a session that ends while a request is under way', () => {
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

  it('does not come back by what the request writes, whose answer goes out all the same', async () => {
    const { app, store, context, id, revoke } = await losing();
    dataOf(context)['cart'] = [2];
    await revoke();
    expect(await changeAfter(context)).toBeNull();
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
  ])('is told to who waits for: %s', async (_what, act) => {
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
  ])('leaves nothing in its place where the store cannot say why: %s', async (_what, act) => {
    const { store, cookie, id, revoke } = await losing();
    let isAway = true;
    const app = new Application(storeThatFails(store, 'endOf', () => isAway));
    const context = await app.request(cookie);
    dataOf(context)['cart'] = [2];
    await revoke();
    for (let time = 0; time < 2; time++) await expect(act(context)).rejects.toThrow(SessionUnavailableError);
    isAway = false;
    expect(await changeAfter(context)).toBeNull();
    expect(store.size).toBe(0);
    expect(await app.events('write-refused')).toMatchObject([{ sessionId: id }]);
  });

  it('is no obstacle to a sign-in, which takes nothing of it over', async () => {
    const { app, store, context, revoke } = await losing();
    dataOf(context)['cart'] = [2];
    await revoke();
    await expect(context.save()).rejects.toThrow(SessionEndedError);
    await app.signIn(context, 'alice');
    expect(Object.keys(dataOf(context))).toEqual([]);
    const token = await cookieAfter(context);
    expect((await store.load(sessionIdOf(token)))?.fields.size).toBe(0);
  });

  it('can be ended once more', async () => {
    const { context, revoke } = await losing();
    await revoke();
    await context.destroy();
    expect(await changeAfter(context)).toEqual({ kind: 'clear' });
  });
});

describe('data that cannot be stored', () => {
  it.each([
    ['what breaks the rules', { theme: 'pink' }, SessionDataError],
    ['what JSON would damage', { total: 1n }, SessionValueError],
  ])('fails the request at its end when nobody knows: %s', async (_what, data, type) => {
    const { store, context, id } = await returningVisitor({ rules: THEMES });
    Object.assign(dataOf(context), data, { more: 1 });
    await expect(context.finish()).rejects.toThrow(type);
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1]']]));
  });

  it.each([
    ['what breaks the rules', { theme: 'pink' }, SessionDataError],
    ['what JSON would damage', { total: 1n }, SessionValueError],
  ])('does not fail it when a handler was told and has dealt with it: %s', async (_what, data, type) => {
    const { store, context, id } = await returningVisitor({ rules: THEMES });
    Object.assign(dataOf(context), data, { more: 1 });
    await expect(context.save()).rejects.toThrow(type);
    expect(await changeAfter(context)).toBeNull();
    expect((await store.load(id))?.fields).toEqual(new Map([['cart', '[1]']]));
  });

  it('is stored once it has been put right', async () => {
    const { store, context, id } = await returningVisitor({ rules: THEMES });
    dataOf(context)['theme'] = 'pink';
    await expect(context.save()).rejects.toThrow('theme: dark or light');
    dataOf(context)['theme'] = 'dark';
    await changeAfter(context);
    expect((await store.load(id))?.fields.get('theme')).toBe('"dark"');
  });

  it('stops a sign-in, which then has changed nothing', async () => {
    const { app, store, context, id } = await returningVisitor({ rules: THEMES });
    dataOf(context)['theme'] = 'pink';
    await expect(app.signIn(context, 'alice')).rejects.toThrow(SessionDataError);
    expect(context.record?.id).toBe(id);
    expect(await store.list('alice')).toEqual([]);
  });
});

describe('after the head of the response', () => {
  it('what needs a cookie is refused with what to do', async () => {
    const { app, store } = memoryApplication();
    const context = await app.request(null);
    await changeAfter(context);
    dataOf(context)['cart'] = [1];
    await expect(context.save()).rejects.toThrow(SessionUsageError);
    await expect(context.save()).rejects.toThrow('Do it before the first byte is written.');
    await expect(app.signIn(context, 'alice')).rejects.toThrow(
      'A session cannot be signed in after the head',
    );
    expect(store.size).toBe(0);
  });

  it('what needs none is stored', async () => {
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
});

describe('operations that nobody waits for', () => {
  it('run one after another, and the end of the request waits for them', async () => {
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

describe('a session that is read again', () => {
  it('has what others wrote, and forgets what was not saved', async () => {
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

describe('why a session is gone', () => {
  const BY = { device: 'Firefox on Linux', address: '192.0.2.7' };

  it('is told with where the other sign-in came from to the holder of its token', async () => {
    const { app, store, cookie, id } = await returningVisitor();
    await store.destroy(id, { reason: 'evicted', by: BY });
    expect(await (await app.request(cookie)).end()).toMatchObject({ reason: 'evicted', by: BY });
  });

  it('is told without that to a token that anyone who knows the id could have made up', async () => {
    const { app, store, id } = await returningVisitor();
    await store.destroy(id, { reason: 'evicted', by: BY });
    const madeUp = parseToken(id + 'x'.repeat(65)) as Token;
    expect(await (await app.request(madeUp)).end()).toEqual({
      reason: 'evicted',
      at: expect.any(Number) as number,
    });
  });
});
