import { MemoryStore, SessionModule, type SessionModuleOptions } from 'nestjs-redis-session';
import { Gate } from 'nestjs-redis-session/testing';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform, type Platform } from '../support/platforms.js';
import { Stage, staged } from '../support/stage.js';

const LIMITS = ['evict-oldest', 'evict-idlest', 'reject'] as const;
const STORES = ['Redis', 'memory'] as const;

onEachPlatform((platform) => {
  describe.each(STORES)('a sign-in form that is submitted twice, with sessions in %s', (store) => {
    describe.each(LIMITS)('with a limit of one and %s', (onExceed) => {
      const stage = new Stage();
      let app: TestApp;
      let browser: Client;

      stage.on('cart', (session) => void (session['cart'] = ['kite']));
      stage.on('fields', (session) => ({ ...session }));
      stage.on('leave', (session) => session.destroy());
      stage.on('sign-in', async (session, request) => {
        session[String(request.headers['x-field'])] = true;
        await arrival();
        return app.sessions.signIn(request, { id: 'alice' });
      });
      /** Step of the handler before it signs in. */
      let arrival: () => Promise<void>;

      beforeAll(async () => {
        app = await start(platform, store, stage, { limit: { max: 1, onExceed } });
      });
      beforeEach(async () => {
        await app.sessions.revokeAll('alice');
        app.events.length = 0;
        arrival = () => Promise.resolve();
        browser = app.client();
        await browser.post('/stage/cart');
      });

      const send = (client: Client, field: string) =>
        client.post('/stage/sign-in', undefined, { headers: { 'X-Field': field } });
      const fieldsOf = async (client: Client) => (await client.post('/stage/fields')).body;

      const expectOne = async (clients: readonly Client[]) => {
        expect(new Set(clients.map(({ cookie }) => cookie)).size).toBe(1);
        for (const client of clients)
          expect(await fieldsOf(client)).toEqual({ cart: ['kite'], one: true, other: true });
        expect(await app.sessions.count('alice')).toBe(1);
        expect(await app.eventsOf('signed-in')).toHaveLength(1);
        for (const type of ['evicted', 'rejected', 'write-refused'] as const)
          expect(await app.eventsOf(type)).toEqual([]);
      };

      test('a form that is submitted twice at once counts as one sign-in: both responses set the same cookie, and both changes are kept', async () => {
        const gate = new Gate();
        let arrived = 0;
        arrival = () => (++arrived === 2 ? (gate.open(), Promise.resolve()) : gate.pass());
        const tabs = [browser.copy(), browser.copy()] as const;
        const answers = await Promise.all([send(tabs[0], 'one'), send(tabs[1], 'other')]);

        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        for (const { sessionCookie } of answers) expect(sessionCookie).not.toBeNull();
        await expectOne(tabs);
      });

      test('a form that is submitted again after the first response counts as one sign-in', async () => {
        const late = browser.copy();
        await send(browser, 'one');
        expect((await send(late, 'other')).status).toBe(200);
        await expectOne([browser, late]);
      });

      test('a form that is submitted again after a sign-out counts as two sign-ins', async () => {
        const late = browser.copy();
        const first = await send(browser, 'one');
        await browser.post('/stage/leave');
        const second = await send(late, 'other');

        expect(second.status).toBe(200);
        expect(second.body).not.toMatchObject({ id: (first.body as { id: string }).id });
        expect(await fieldsOf(late)).toEqual({ other: true });
        expect(await app.sessions.count('alice')).toBe(1);
      });
    });
  });
});

function start(
  platform: Platform,
  store: (typeof STORES)[number],
  stage: Stage,
  session: SessionModuleOptions,
): Promise<TestApp> {
  if (store === 'Redis') return startApp(platform, { ...staged(stage), session });
  const sessionModule = SessionModule.forRoot({ ...session, store: new MemoryStore() });
  return startApp(platform, { ...staged(stage), sessionModule });
}
