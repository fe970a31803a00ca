import { Gate } from 'nestjs-redis-session/testing';
import { eventually } from '../support/until.js';
import type { Client } from '../support/client.js';
import type { TestApp } from '../support/app.js';
import { recordFault } from './support/record.js';
import { useSite } from './support/site.js';
import { userOn, Visitors } from './support/visitor.js';

const LIMIT = 3;

describe('faults of order', () => {
  const holder = useSite({
    session: { outage: { deadline: '5s' }, limit: { max: LIMIT, onExceed: 'evict-oldest' } },
  });
  /** Runs a test on each application, with a client that is signed in there. */
  const onEachApp = async (act: (app: TestApp, client: Client, user: string) => Promise<void>) => {
    for (const app of holder.site.apps) {
      const visitor = Visitors.of([app]);
      await visitor.signIn();
      await act(app, visitor.clients[0] as Client, userOn(app.platform.name));
    }
  };
  const alive = async (client: Client) => (await client.get('/account')).status === 200;

  /** Holds a request in its handler until something else has happened. */
  const during = async (client: Client, change: string, meanwhile: () => Promise<unknown>) => {
    const gate = new Gate();
    holder.site.stage.on('slow', async (session) => {
      session['cart'] = change;
      await gate.pass();
    });
    const answer = client.post('/stage/slow');
    await gate.arrived;
    await meanwhile();
    gate.open();
    return answer;
  };

  test('a write of a request whose session is signed out meanwhile is rejected, and the session stays ended [F32]', async () => {
    await onEachApp(async (app, client, user) => {
      const slow = client.copy();
      const { sessionCookie } = await during(slow, 'late', () => client.post('/sign-out'));

      expect(await app.eventsOf('write-refused')).toMatchObject([{ reason: 'signed-out' }]);
      expect(sessionCookie ?? '').not.toMatch(/sid=\w/);
      expect(await app.sessions.count(user)).toBe(0);
      expect(await alive(slow)).toBe(false);
    });
    recordFault('F32', { client: 'its response, then 401 `signed-out`; the write is rejected' });
  });

  test('a crash at any step leaves at most one live session, and a confirmed sign-out has happened [F30]', async () => {
    const { proxy } = holder.site;
    let recoveryMs = 0;
    const STEPS = ['/regenerate', '/sign-in', '/sign-out'];
    await onEachApp(async (app, client, user) => {
      const take = (step: string) => client.post(step === '/sign-in' ? `/sign-in/${user}` : step);
      // Redis has the scripts afterwards, so that the request that is cut runs one.
      for (const step of STEPS) expect((await take(step)).status).toBe(200);
      for (const step of STEPS) {
        for (const cut of ['cutBeforeRequest', 'cutAfterRequest'] as const) {
          await app.sessions.revokeAll(user);
          await client.post(`/sign-in/${user}`);
          await client.post('/visits');
          const old = client.copy();
          const done = proxy[cut]((request) => /evalsha|eval\r\n/i.test(request));
          const { status } = await take(step);
          await done;
          const cutAt = performance.now();
          await eventually(() => app.sessions.ping());
          recoveryMs = Math.max(recoveryMs, performance.now() - cutAt);

          expect({ step, cut, status }).toEqual({ step, cut, status: 503 });
          const live = await app.sessions.count(user);
          const [oldLives, newLives] = [
            await alive(old),
            client.cookie !== old.cookie && (await alive(client)),
          ];
          // Cut before the command: nothing has happened. Cut after: it has, and the client can sign in again.
          expect({ step, cut, live, oldLives, newLives }).toEqual({
            step,
            cut,
            live: step === '/sign-out' && cut === 'cutAfterRequest' ? 0 : 1,
            oldLives: cut === 'cutBeforeRequest',
            newLives: false,
          });
        }
      }
    });
    recordFault('F30', { client: '503; the operation has happened completely or not at all', recoveryMs });
  });
});
