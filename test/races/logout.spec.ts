import { Gate } from 'nestjs-redis-session/testing';
import { REDIS_URL } from '../support/app.js';
import { FaultProxy } from '../support/fault-proxy.js';
import type { AnySession } from '../support/stage.js';
import { onEachReading } from './support/readings.js';
import { addOne, TwoApps, USER } from './support/two-apps.js';

const DEADLINE_MS = 250;

interface Late {
  readonly what: string;
  readonly act: (session: AnySession) => unknown;
  /** How its client learns that the session has ended, if at all. */
  readonly status: number;
}

/** What a handler does when the logout is over. */
const LATE: readonly Late[] = [
  { what: 'reads', act: (session) => session['cart'], status: 200 },
  { what: 'writes', act: (session) => void (session['late'] = 1), status: 200 },
  { what: 'saves', act: (session) => save(session), status: 401 },
  { what: 'touches', act: (session) => session.touch(), status: 401 },
  { what: 'regenerates', act: (session) => session.regenerate(), status: 401 },
  { what: 'adds to a number', act: (session) => addOne(session, 'late'), status: 401 },
  { what: 'updates a field', act: (session) => session.update('late', () => 1), status: 401 },
  { what: 'reloads', act: (session) => session.reload(), status: 401 },
];

onEachReading((platform, isCached) => {
  describe('a request that is held in its handler until its session was logged out', () => {
    const apps = new TwoApps(platform, isCached);

    beforeAll(() => apps.start());
    afterEach(() => apps.clear());

    test.each(LATE)(
      'a request that $what after the sign-out does not bring the session back [ASVS 7.4.1]',
      async ({ act, status }) => {
        const gate = new Gate();
        apps.on('slow', async (session) => {
          await gate.pass();
          await act(session);
        });
        const browser = await apps.signedIn();
        const { cookie } = browser;
        const slow = apps.client(cookie).post('/stage/slow');
        await gate.arrived;
        expect((await browser.post('/stage/logout')).sessionCookie).toMatch(/=;/);
        gate.open();

        const answer = await slow;
        expect(answer.status).toBe(status);
        expect(answer.sessionCookie).toBeNull();
        if (status === 401) expect(answer.body).toMatchObject({ reason: 'signed-out' });
        expect(await apps.usersWith(cookie)).toEqual([null, null]);
        expect(await apps.census()).toEqual({ sessions: 0, indexes: 0, notices: 1 });
      },
    );
  });

  describe('when the connection to Redis breaks', () => {
    const apps = new TwoApps(platform, isCached);
    let proxy: FaultProxy;

    beforeAll(async () => {
      proxy = await FaultProxy.start(Number(new URL(REDIS_URL).port));
      // The first instance has the bad connection, the second a good one.
      await apps.start({ redis: `redis://127.0.0.1:${proxy.port}`, outage: { deadline: DEADLINE_MS } }, {});
    });
    afterEach(async () => {
      await proxy.pass();
      await apps.areWhole();
      await apps.clear();
    });
    afterAll(() => proxy.stop());

    test('after a save, its client is told, it was made once, and a logout is final', async () => {
      const browser = await apps.signedIn(apps.second);
      apps.on('save', save);
      const cut = proxy.cutAfterRequest(isAbout('late'));
      const answer = await apps.client(browser.cookie, apps.first).post('/stage/save');
      await cut;

      expect(answer.status).toBe(503);
      expect(answer.sessionCookie).toBeNull();
      await apps.haveHeard();
      expect((await browser.get('/stage/fields')).body).toEqual({ late: 1 });
      const { cookie } = browser;
      await browser.post('/stage/logout');
      await apps.areWhole();
      expect(await apps.usersWith(cookie)).toEqual([null, null]);
      expect(await apps.census()).toEqual({ sessions: 0, indexes: 0, notices: 1 });
    });

    test('after an addition, it has counted once', async () => {
      const browser = await apps.signedIn(apps.second);
      apps.on('add', (session) => addOne(session, 'visits'));
      const cut = proxy.cutAfterRequest(isAbout('visits'));
      const answer = await apps.client(browser.cookie, apps.first).post('/stage/add');
      await cut;

      expect(answer.status).toBe(503);
      await apps.areWhole();
      await apps.haveHeard();
      expect((await browser.get('/stage/fields')).body).toEqual({ visits: 1 });
    });

    test('after a logout, its client is told that it may not be one, and the session is gone', async () => {
      const browser = await apps.signedIn(apps.second);
      const cut = proxy.cutAfterRequest(isAbout('signed-out'));
      const answer = await apps.client(browser.cookie, apps.first).post('/stage/logout');
      await cut;

      expect(answer.status).toBe(503);
      expect(await apps.census()).toEqual({ sessions: 0, indexes: 0, notices: 1 });
      await apps.areWhole();
      expect(await apps.usersWith(browser.cookie)).toEqual([null, null]);
    });

    test('after a login, nobody has its cookie, and the next one works', async () => {
      const browser = apps.client(null, apps.first);
      const cut = proxy.cutAfterRequest(isAbout('evicted'));
      const answer = await browser.post('/stage/login');
      await cut;

      expect(answer.status).toBe(503);
      expect(browser.cookie).toBeNull();
      await apps.areWhole();
      expect((await browser.post('/stage/login')).status).toBe(200);
      expect((await browser.post('/stage/whoami')).body).toEqual({ user: USER });
      expect(await apps.census()).toEqual({ sessions: 2, indexes: 1, notices: 0 });
    });

    test('a logout stays final if a save that was reported as failed is applied later', async () => {
      const browser = await apps.signedIn(apps.second);
      const { gate, answer } = await heldSave(browser.cookie);
      const { seen } = await apps.sight('late');
      // Too late for its client, and soon enough for a connection that is given up when it stays silent.
      proxy.delay(1.4 * DEADLINE_MS);
      gate.open();
      expect((await answer).status).toBe(503);
      const { cookie } = browser;
      await browser.post('/stage/logout');
      await seen;
      await proxy.pass();
      await apps.areWhole();
      expect(await apps.usersWith(cookie)).toEqual([null, null]);
      expect(await apps.census()).toEqual({ sessions: 0, indexes: 0, notices: 1 });
    });

    test('a logout stays final if a save is lost in the network', async () => {
      const browser = await apps.signedIn(apps.second);
      const { gate, answer } = await heldSave(browser.cookie);
      proxy.swallow();
      gate.open();
      expect((await answer).status).toBe(503);
      const { cookie } = browser;
      await browser.post('/stage/logout');
      await proxy.pass();
      proxy.cut();
      await apps.areWhole();
      expect(await apps.usersWith(cookie)).toEqual([null, null]);
      expect(await apps.census()).toEqual({ sessions: 0, indexes: 0, notices: 1 });
    });

    /** A request over the bad connection that is held in its handler right before it saves. */
    async function heldSave(cookie: string | null) {
      const gate = new Gate();
      apps.on('save', async (session) => {
        await gate.pass();
        await save(session);
      });
      const answer = apps.client(cookie, apps.first).post('/stage/save');
      await gate.arrived;
      return { gate, answer };
    }
  });
});

async function save(session: AnySession): Promise<void> {
  session['late'] = 1;
  await session.save();
}

/** Whether what goes to Redis has this text in it. */
function isAbout(text: string): (request: string) => boolean {
  return (request) => request.includes(text);
}
