import { Gate } from 'nestjs-redis-session/testing';
import { REDIS_URL } from '../support/app.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import type { AnySession } from '../support/stage.js';
import { onEachReading } from './support/readings.js';
import { addOne, TwoApps, USER } from './support/two-apps.js';

const DEADLINE_MS = 250;

interface Late {
  readonly what: string;
  readonly act: (session: AnySession) => unknown;
  /** Status of the response: 401 if the handler notices that the session has ended. */
  readonly status: number;
}

/** Handlers that act after the logout has finished. */
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
  describe('a request whose session is logged out while its handler runs', () => {
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
      // The first instance has the connection that breaks.
      await apps.start({ redis: `redis://127.0.0.1:${proxy.port}`, outage: { deadline: DEADLINE_MS } }, {});
    });
    afterEach(async () => {
      await proxy.pass();
      await apps.areWhole();
      await apps.clear();
    });
    afterAll(() => proxy.stop());

    test('if the connection breaks after a save, the response is 503, the save is applied once, and a logout is final', async () => {
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

    test('if the connection breaks after an increment, the increment is applied once', async () => {
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

    test('if the connection breaks after a logout, the response is 503, and the session has ended', async () => {
      const browser = await apps.signedIn(apps.second);
      const cut = proxy.cutAfterRequest(isAbout('signed-out'));
      const answer = await apps.client(browser.cookie, apps.first).post('/stage/logout');
      await cut;

      expect(answer.status).toBe(503);
      expect(await apps.census()).toEqual({ sessions: 0, indexes: 0, notices: 1 });
      await apps.areWhole();
      expect(await apps.usersWith(browser.cookie)).toEqual([null, null]);
    });

    test('if the connection breaks after a login, the response sets no cookie, and the next login succeeds', async () => {
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
      // Later than the deadline, but earlier than a silent connection is closed.
      proxy.slow(1.4 * DEADLINE_MS);
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
      proxy.freeze();
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

    /** Sends a request over the connection that breaks, and holds its handler right before the save. */
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

/** Returns a predicate for requests to Redis that contain this text. */
function isAbout(text: string): (request: string) => boolean {
  return (request) => request.includes(text);
}
