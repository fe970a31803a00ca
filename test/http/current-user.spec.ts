import type { TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { signIn, startGuarded } from './guarded.app.js';

onEachPlatform((platform) => {
  describe('@CurrentUser()', () => {
    const loads: string[] = [];
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      const load = async (id: string) => {
        loads.push(id);
        await Promise.resolve();
        if (id === 'broken') throw new Error('the database of users is away');
        return id === 'ghost' ? undefined : { id, name: `${id}!`, address: { city: 'Paris' } };
      };
      app = await startGuarded(platform, { users: { load } });
    });
    beforeEach(() => {
      browser = app.client();
      loads.length = 0;
    });

    test('gives the user as the application has it, or what a path leads to, fetched once a request', async () => {
      await signIn(browser);
      const { body } = await browser.get('/account/me');

      expect(body).toEqual({
        user: { id: 'alice', name: 'alice!', address: { city: 'Paris' } },
        city: 'Paris',
      });
      expect(loads).toEqual(['alice']);
    });

    test('is not fetched for who asks for nobody', async () => {
      await signIn(browser);
      await browser.get('/open');
      await app.client().get('/account/maybe');

      expect(loads).toEqual([]);
    });

    test('is on request.user behind the guard', async () => {
      await signIn(browser);

      expect((await browser.get('/account/request-user')).body).toMatchObject({ user: { name: 'alice!' } });
    });

    test('is null for an unknown user where everybody may come in', async () => {
      await signIn(browser, 'ghost');

      expect(await browser.get('/account/maybe')).toMatchObject({ status: 200, body: { user: null } });
    });

    test('is another one after somebody else signed in', async () => {
      await signIn(browser);
      expect((await browser.post('/account/become', { id: 'bob' })).body).toEqual({ before: 'alice!' });

      expect((await browser.get('/account/me')).body).toMatchObject({ user: { name: 'bob!' } });
    });

    test('whose source fails is answered with 500, and nobody is let in', async () => {
      await signIn(browser, 'broken');

      expect((await browser.get('/account/me')).status).toBe(500);
      expect(log.recent('error').join()).toContain('the database of users is away');
    });

    test('is { id } without a source', async () => {
      const plain = await startGuarded(platform);
      const client = plain.client();
      await signIn(client, 'carol');

      expect((await client.get('/account/me')).body).toEqual({ user: { id: 'carol' }, city: null });
      expect((await plain.client().get('/account/maybe')).body).toEqual({ user: null });
    });
  });
});
