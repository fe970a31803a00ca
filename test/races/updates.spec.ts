import { onEachReading } from './support/readings.js';
import { addOne, TwoApps, USER } from './support/two-apps.js';

const MANY = 100;

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
  });

  describe('a revocation of all sessions', () => {
    const apps = new TwoApps(platform, isCached);

    beforeAll(() => apps.start());
    afterEach(() => apps.clear());

    test('a revocation of all sessions that races with logins ends all earlier sessions and no later ones', async () => {
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
