import { Application, dataOf, memoryApplication } from '../../../../../test/support/session-runtime.js';
import { mintToken, randomShard, sessionIdOf } from '../record/token.js';
import type { SessionStore } from '../store/store.js';

describe('the queries of a request with a token that opens no session', () => {
  /** Counts the queries for end reasons. */
  function stage() {
    const { store } = memoryApplication();
    let queries = 0;
    const endOf: SessionStore['endOf'] = (id) => {
      queries += 1;
      return store.endOf(id);
    };
    const app = new Application(Object.assign(Object.create(store) as typeof store, { endOf }));
    return { app, store, queries: () => queries };
  }

  it('a response in the same turn of the event loop uses the reply of the first query', async () => {
    const { app, queries } = stage();
    const context = await app.request(mintToken(randomShard()));
    expect(await context.end()).toEqual({ reason: 'expired', at: null });
    expect(await context.tokenChange()).toEqual({ kind: 'clear' });
    expect(queries()).toBe(0);
  });

  it('a later response queries the store again', async () => {
    const { app, queries } = stage();
    const context = await app.request(mintToken(randomShard()));
    await app.events('unknown-token');
    expect(await context.tokenChange()).toEqual({ kind: 'clear' });
    expect(queries()).toBe(1);
  });

  it('a response queries the store again if this process has replaced a session since', async () => {
    const { app, store, queries } = stage();
    const cookie = await app.clientThat((session) => (session['cart'] = [1]));
    await store.destroy(sessionIdOf(cookie), { reason: 'revoked' });
    const [late, context] = [await app.request(cookie), await app.request(cookie)];
    await app.signIn(context, 'alice');
    expect(await late.tokenChange()).toBeNull();
    expect(queries()).toBeGreaterThan(0);
  });

  it.each(['before', 'after'])(
    'issues no token if another process signed the client in %s this request wrote',
    async (when) => {
      const { app, store } = memoryApplication();
      const cookie = await app.clientThat((session) => (session['cart'] = [1]));
      await store.destroy(sessionIdOf(cookie), { reason: 'revoked' });
      const otherProcess = new Application(store);
      const [late, other] = [await app.request(cookie), await otherProcess.request(cookie)];
      dataOf(late)['cart'] = [2];
      if (when === 'after') await late.save();
      await otherProcess.signIn(other, 'alice');
      await late.finish();
      expect(await late.tokenChange()).toBeNull();
      expect(store.size).toBe(1);
      // The session of the first cookie is one of them.
      expect(app.runtime.tally.anonymous.created).toBe(when === 'after' ? 2 : 1);
    },
  );
});
