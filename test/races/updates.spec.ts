import { Gate } from 'nestjs-redis-session/testing';
import { redis } from '../support/app.js';
import { until } from '../support/until.js';
import { onEachReading } from './support/readings.js';
import { addOne, TwoApps, USER } from './support/two-apps.js';

const MANY = 100;
const REGENERATIONS = 50;

onEachReading((platform, isCached) => {
  describe('parallel requests to two instances', () => {
    const apps = new TwoApps(platform, isCached);

    beforeAll(() => apps.start());
    afterEach(() => apps.clear());

    /** Sends parallel requests with one session. */
    const sendAll = async (count: number, path: string, cookie: string | null) => {
      const sent = Array.from({ length: count }, () => apps.client(cookie).post(path));
      const answers = await Promise.all(sent);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      return answers;
    };

    test(`${MANY} parallel increments all count, and every sum is returned once`, async () => {
      apps.on('add', async (session) => ({ sum: await addOne(session, 'visits') }));
      const browser = await apps.signedIn();
      const answers = await sendAll(MANY, '/stage/add', browser.cookie);

      const sums = answers.map(({ body }) => (body as { sum: number }).sum).sort((one, other) => one - other);
      expect(sums).toEqual(Array.from({ length: MANY }, (_, index) => index + 1));
      await apps.haveHeard();
      expect((await browser.get('/stage/fields')).body).toEqual({ visits: MANY });
      expect(await apps.census()).toEqual({ sessions: 1, indexes: 1, notices: 0 });
    });

    test('parallel updates that append to a list are all stored', async () => {
      let count = 0;
      apps.on('append', async (session) => {
        const item = count++;
        await session.update('list', (list) => [...((list as number[] | undefined) ?? []), item]);
      });
      const browser = await apps.signedIn();
      await sendAll(20, '/stage/append', browser.cookie);

      await apps.haveHeard();
      const { list } = (await browser.get('/stage/fields')).body as { list: number[] };
      expect(list.sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    });

    test('every acknowledged write is stored although the session is regenerated meanwhile', async () => {
      apps.on('save', async (session) => {
        const field = `field${Math.random()}`;
        session[field] = 1;
        await session.save();
        return { field };
      });
      apps.on('renew', (session) => session.regenerate());
      const browser = await apps.signedIn();
      const { cookie } = browser;
      const saves = Array.from({ length: 30 }, () => apps.client(cookie).post('/stage/save'));
      await browser.post('/stage/renew');
      const answers = await Promise.all(saves);

      await apps.haveHeard();
      const fields = (await browser.get('/stage/fields')).body as Record<string, number>;
      const told = answers.filter(({ status }) => status === 200);
      expect(Object.keys(fields).sort()).toEqual(
        told.map(({ body }) => (body as { field: string }).field).sort(),
      );
      for (const { status, body } of answers) {
        if (status !== 200) expect(body).toMatchObject({ statusCode: 401, reason: 'replaced' });
      }
      expect(await apps.census()).toEqual({ sessions: 1, indexes: 1, notices: 1 });
    });

    test('one of many parallel regenerations succeeds, and no session or key but the new one remains [F29]', async () => {
      const all = new Gate();
      let arrived = 0;
      apps.on('renew', async (session) => {
        if (++arrived === REGENERATIONS) all.open();
        await all.pass();
        await session.regenerate();
      });
      const { cookie } = await apps.signedIn();
      const sent = Array.from({ length: REGENERATIONS }, () => apps.client(cookie).post('/stage/renew'));
      const answers = await Promise.all(sent);

      const [renewed, ...rejected] = answers.sort((one, other) => one.status - other.status);
      expect(renewed).toMatchObject({ status: 200, sessionCookie: expect.any(String) as string });
      for (const { status, body, sessionCookie } of rejected)
        expect({ status, body, sessionCookie }).toMatchObject({
          status: 401,
          body: { reason: 'replaced' },
          sessionCookie: null,
        });
      expect(await apps.usersWith(cookie)).toEqual([null, null]);
      expect(await apps.census()).toEqual({ sessions: 1, indexes: 1, notices: 1 });
    });

    test('two parallel requests both write their fields; for the same field, the later write wins [F34]', async () => {
      const gates = [new Gate(), new Gate()] as const;
      for (const [index, gate] of gates.entries()) {
        apps.on(`write${index}`, async (session) => {
          Object.assign(session, { [`field${index}`]: index, shared: index });
          await gate.pass();
        });
      }
      const browser = await apps.signedIn();
      const answers = [0, 1].map((index) => apps.client(browser.cookie).post(`/stage/write${index}`));
      await Promise.all(gates.map(({ arrived }) => arrived));
      for (const index of [1, 0] as const) {
        gates[index].open();
        expect((await answers[index])?.status).toBe(200);
      }

      await apps.haveHeard();
      expect((await browser.get('/stage/fields')).body).toEqual({ field0: 0, field1: 1, shared: 0 });
    });

    test('a session that expires during a request stays ended when the request writes [F35]', async () => {
      const gate = new Gate();
      apps.on('slow', async (session) => {
        session['late'] = 1;
        await gate.pass();
      });
      const browser = await apps.signedIn();
      const [session] = await apps.first.sessions.list(USER);
      const sessionId = session?.id ?? '';
      const key = apps.keyOf(sessionId);
      const slow = apps.client(browser.cookie).post('/stage/slow');
      await gate.arrived;
      await redis().pexpire(key, 1);
      await until('the expiry', 2_000, async () => (await redis().exists(key)) === 0);
      gate.open();

      expect((await slow).sessionCookie).toBeNull();
      const refused = (await apps.eventsOf('write-refused')).filter((event) => event.sessionId === sessionId);
      expect(refused).toMatchObject([{ reason: 'expired' }]);
      expect(await redis().exists(key)).toBe(0);
      expect(await apps.first.sessions.count(USER)).toBe(0);
      expect(await apps.usersWith(browser.cookie)).toEqual([null, null]);
    });
  });

  describe('a revocation of all sessions', () => {
    const apps = new TwoApps(platform, isCached);

    beforeAll(() => apps.start());
    afterEach(() => apps.clear());

    test('a revocation of all sessions that races with logins ends all earlier sessions and no later ones [F33]', async () => {
      const before = await Promise.all(Array.from({ length: 10 }, () => apps.signedIn()));
      const racing = Array.from({ length: 40 }, () => apps.signedIn());
      const revoked = await apps.second.sessions.revokeAll(USER);
      const after = await Promise.all(Array.from({ length: 10 }, () => apps.signedIn()));
      const between = await Promise.all(racing);
      await apps.haveHeard();

      for (const client of before) expect((await client.post('/stage/whoami')).body).toEqual({ user: null });
      for (const client of after) expect((await client.post('/stage/whoami')).body).toEqual({ user: USER });
      const states = await Promise.all(between.map((client) => client.post('/stage/whoami')));
      const survivors = states.filter(({ body }) => (body as { user: string | null }).user === USER).length;
      expect(revoked).toBe(before.length + between.length - survivors);
      expect(await apps.census()).toEqual({
        sessions: after.length + survivors,
        indexes: 1,
        notices: revoked,
      });
    });
  });
});
