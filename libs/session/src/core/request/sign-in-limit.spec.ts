import { dataOf, memoryApplication, ORIGIN } from '../../../../../test/support/session-runtime.js';
import { member, signedInClient } from '../../../../../test/support/session-clients.js';
import { SessionLimitError } from '../errors/errors.js';
import { SAFETY_BOUND } from '../runtime/limit.js';
import { sessionIdOf } from '../record/token.js';

describe('the limit at a sign-in', () => {
  it('evicts the oldest session, and reports the origin of the sign-in', async () => {
    const { app, store, id } = await member('alice', { limit: { max: 1, onExceed: 'evict-oldest' } });
    const { id: sessionId } = await app.signIn(await app.request(null), 'alice');
    expect(await store.endOf(id)).toMatchObject({ reason: 'evicted', by: ORIGIN });
    expect(await app.events('evicted')).toMatchObject([
      { sessionId: id, userId: 'alice', by: { sessionId, ...ORIGIN } },
    ]);
  });

  it('rejects the sign-in with the live sessions, and changes nothing', async () => {
    const limit = { max: 1, onExceed: 'reject' } as const;
    const { app, store, id } = await member('alice', { limit });
    const cookie = await app.clientThat((session) => (session['cart'] = [2]));
    const context = await app.request(cookie);
    const signIn = app.signIn(context, 'alice');
    await expect(signIn).rejects.toThrow(SessionLimitError);
    await expect(signIn).rejects.toMatchObject({ max: 1, live: [{ id, userId: 'alice' }], statusCode: 409 });
    expect(context.record?.id).toBe(sessionIdOf(cookie));
    expect({ ...dataOf(context) }).toEqual({ cart: [2] });
    await context.finish();
    expect(await context.tokenChange()).toBeNull();
    expect(store.size).toBe(2);
    expect(await app.events('rejected')).toMatchObject([{ userId: 'alice', max: 1, live: [id], ...ORIGIN }]);
  });

  it('a function sets the limit of each user', async () => {
    const max = ({ id }: { id: string | number }) => (id === 'admin' ? 2 : 1);
    const { app } = memoryApplication({ limit: { max, onExceed: 'reject' } });
    for (const userId of ['admin', 'admin', 'alice']) await app.signIn(await app.request(null), userId);
    for (const userId of ['admin', 'alice']) {
      await expect(app.signIn(await app.request(null), userId)).rejects.toThrow(SessionLimitError);
    }
  });
});

describe('the safety bound without a limit', () => {
  it('evicts the oldest session and emits many-sessions, even if the sign-in sets onExceed to reject', async () => {
    const { app, store } = memoryApplication({ limit: { ...SAFETY_BOUND, max: 2 } });
    const [first] = [await signedInClient(app, 'alice'), await signedInClient(app, 'alice')];
    expect(await app.events('many-sessions')).toEqual([]);
    const context = await app.request(null);
    const { id: sessionId } = await app.signIn(context, 'alice', { onExceed: 'reject' });
    await context.finish();
    expect(await store.endOf(sessionIdOf(first))).toMatchObject({ reason: 'evicted' });
    expect(await app.events('many-sessions')).toEqual([
      expect.objectContaining({ sessionId, userId: 'alice', max: 2, ...ORIGIN }),
    ]);
  });

  it('emits no many-sessions for evictions by a limit', async () => {
    const { app } = memoryApplication({ limit: { max: 1, onExceed: 'evict-oldest' } });
    for (let time = 0; time < 3; time++) await signedInClient(app, 'alice');
    expect(await app.events('evicted')).toHaveLength(2);
    expect(await app.events('many-sessions')).toEqual([]);
  });
});
