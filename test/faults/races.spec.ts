import { Gate } from 'nestjs-redis-session/testing';
import { eventually, until } from '../support/until.js';
import type { Client } from '../support/client.js';
import type { TestApp } from '../support/app.js';
import { recordFault } from './support/record.js';
import { useSite } from './support/site.js';
import { userOn, Visitors } from './support/visitor.js';

const REGENERATIONS = 50;
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

  test('one of many parallel regenerations succeeds, one token is valid, and no extra key remains [F29]', async () => {
    await onEachApp(async (app, client, user) => {
      const keys = (await holder.site.keys()).length;
      const copies = Array.from({ length: REGENERATIONS }, () => client.copy());
      const answers = await Promise.all(copies.map((copy) => copy.post('/regenerate')));

      // Requests that read the session after the first regeneration find none; those that read it before lose in the script.
      expect(
        answers.filter(({ status, sessionCookie }) => status === 200 && sessionCookie !== null),
      ).toHaveLength(1);
      expect(await app.sessions.count(user)).toBe(1);
      expect(await alive(client)).toBe(false);
      expect((await holder.site.keys()).length).toBe(keys + 1); // the notice of the replaced session
    });
    recordFault('F29', { client: 'one request gets the new token, the others 401 `replaced`' });
  });

  /** Holds a request in its handler until something else has happened. */
  const during = async (app: TestApp, client: Client, change: string, meanwhile: () => Promise<unknown>) => {
    const gate = new Gate();
    holder.site.stage.on('slow', async (session, request) => {
      session['cart'] = change;
      await gate.pass();
      if (change === 'sign-in') return app.sessions.signIn(request, { id: userOn(app.platform.name) });
      return {};
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
      const { sessionCookie } = await during(app, slow, 'late', () => client.post('/sign-out'));

      expect(await app.eventsOf('write-refused')).toMatchObject([{ reason: 'signed-out' }]);
      expect(sessionCookie ?? '').not.toMatch(/sid=\w/);
      expect(await app.sessions.count(user)).toBe(0);
      expect(await alive(slow)).toBe(false);
    });
    recordFault('F32', { client: 'its response, then 401 `signed-out`; the write is rejected' });
  });

  test('a sign-in that finishes after a revocation of all sessions is the only live session [F33]', async () => {
    await onEachApp(async (app, client, user) => {
      const other = app.client();
      await other.post(`/sign-in/${user}`);
      const newcomer = app.client();
      const { status } = await during(app, newcomer, 'sign-in', () => app.sessions.revokeAll(user));

      expect(status).toBe(200);
      expect(await Promise.all([client, other, newcomer].map(alive))).toEqual([false, false, true]);
      expect(await app.sessions.count(user)).toBe(1);
    });
    recordFault('F33', { client: '401 `revoked`; a sign-in that ends after the revocation is kept' });
  });

  test('two parallel requests both write their fields; for the same field, the later write wins [F34]', async () => {
    await onEachApp(async (app, client) => {
      const gates = [new Gate(), new Gate()] as const;
      for (const [index, gate] of gates.entries()) {
        holder.site.stage.on(`write${index}`, async (session) => {
          Object.assign(session, { [`field${index}`]: index, shared: index });
          await gate.pass();
        });
      }
      const answers = [client.post('/stage/write0'), client.copy().post('/stage/write1')] as const;
      await Promise.all(gates.map(({ arrived }) => arrived));
      for (const index of [1, 0] as const) {
        gates[index].open();
        expect((await answers[index]).status).toBe(200);
      }
      holder.site.stage.on('read', (session) => ({ ...session }));

      expect((await client.get('/stage/read')).body).toEqual({ field0: 0, field1: 1, shared: 0 });
      expect(app.platform.name).not.toBe('');
    });
    recordFault('F34', { client: 'both writes; for the same field the later one' });
  });

  test('a session that expires during a request stays ended when the request writes [F35]', async () => {
    await onEachApp(async (app, client, user) => {
      const [session] = await app.sessions.list(user);
      const key = holder.site.keyOf(session?.id as string);
      await during(app, client.copy(), 'late', async () => {
        await holder.site.redis.ask('PEXPIRE', key, 1);
        await until('its end', 2_000, async () => (await holder.site.redis.ask('EXISTS', key)) === 0);
      });

      expect((await app.eventsOf('write-refused')).map(({ reason }) => reason)).toContain('expired');
      expect(await holder.site.redis.ask('EXISTS', key)).toBe(0);
      expect(await app.sessions.count(user)).toBe(0);
    });
    recordFault('F35', { client: 'its response, then 401 `expired`; the write is rejected' });
  });

  test('a crash at any step leaves at most one live session, and a confirmed sign-out has happened [F30]', async () => {
    const { proxy } = holder.site;
    let recoveryMs = 0;
    const STEPS = ['/regenerate', '/sign-in', '/sign-out'];
    await onEachApp(async (app, client, user) => {
      for (const step of STEPS) {
        for (const cut of ['cutBeforeRequest', 'cutAfterRequest'] as const) {
          await app.sessions.revokeAll(user);
          await client.post(`/sign-in/${user}`);
          await client.post('/visits');
          const old = client.copy();
          const done = proxy[cut]((request) => /evalsha|eval\r\n/i.test(request));
          const { status } = await client.post(step === '/sign-in' ? `/sign-in/${user}` : step);
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
