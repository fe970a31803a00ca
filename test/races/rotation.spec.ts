import { Gate } from 'nestjs-redis-session/testing';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '../support/client.js';
import { RawExchange } from '../support/raw-exchange.js';
import { eventually } from '../support/until.js';
import { onEachReading } from './support/readings.js';
import { TwoApps, USER } from './support/two-apps.js';

const REQUESTS = 50;
const ROTATE_EVERY_MS = 300;
const GRACE_MS = 150;
/** Largest lag of a process behind the time of Redis on a busy machine: the duration of the reply that gave the time. */
const BEHIND_MS = 500;

onEachReading((platform, isCached) => {
  describe('the rotation of a token', () => {
    const apps = new TwoApps(platform, isCached);
    let browser: Client;
    let rotationsBefore: number;

    beforeAll(() => apps.start({ rotation: { every: `${ROTATE_EVERY_MS}ms`, grace: `${GRACE_MS}ms` } }));
    beforeEach(async () => {
      browser = await apps.signedIn();
      rotationsBefore = await rotations();
      await wait(ROTATE_EVERY_MS + BEHIND_MS);
    });
    afterEach(() => apps.clear());

    const rotations = async () => (await apps.eventsOf('rotated')).length;

    test(`${REQUESTS} parallel requests at a rotation all succeed and get one new token`, async () => {
      const old = browser.cookie;
      const clients = Array.from({ length: REQUESTS }, () => apps.client(old));
      const answers = await Promise.all(clients.map((client) => client.post('/stage/whoami')));

      expect(answers.map(({ body }) => body)).toEqual(answers.map(() => ({ user: USER })));
      const cookies = new Set(clients.map(({ cookie }) => cookie));
      expect(cookies.size).toBe(1);
      expect(cookies).not.toContain(old);
      expect(await rotations()).toBe(rotationsBefore + 1);
      expect((await clients[0]!.post('/stage/whoami')).body).toEqual({ user: USER });
      expect(await apps.census()).toEqual({ sessions: 1, indexes: 1, notices: 0 });
    });

    test(`when the responses to ${REQUESTS} requests at a rotation are all lost, the client stays signed in and gets the same token again`, async () => {
      const old = browser.cookie;
      const gate = new Gate();
      let waiting = 0;
      apps.on('slow', (session) => {
        waiting++;
        void session.id;
        return gate.pass();
      });
      const lost = await Promise.all(
        Array.from({ length: REQUESTS }, (_, index) =>
          RawExchange.send(
            (index % 2 ? apps.first : apps.second).port,
            'POST /stage/slow',
            `Cookie: ${old}`,
            'Content-Length: 0',
          ),
        ),
      );
      await eventually(() => expectAll(waiting));
      for (const { socket } of lost) socket.destroy();
      gate.open();
      await eventually(async () => expect(await rotations()).toBe(rotationsBefore + 1));

      const [first, second] = [apps.client(old), apps.client(old)];
      for (const client of [first, second]) {
        expect((await client.post('/stage/whoami')).body).toEqual({ user: USER });
      }
      expect(first.cookie).not.toBe(old);
      expect(second.cookie).toBe(first.cookie);
      expect(await rotations()).toBe(rotationsBefore + 1);
      expect((await first.post('/stage/whoami')).body).toEqual({ user: USER });
      expect(await apps.census()).toEqual({ sessions: 1, indexes: 1, notices: 0 });
    });

    test('the old token is rejected and reported once the new one was presented and the grace period is over', async () => {
      const thief = apps.client(browser.cookie);
      await browser.post('/stage/whoami');
      await browser.post('/stage/whoami');
      await wait(GRACE_MS + BEHIND_MS);
      await apps.haveHeard();

      const reused = await thief.post('/stage/whoami');
      expect(reused.body).toEqual({ user: null });
      expect(reused.sessionCookie).toBeNull();
      expect(await apps.eventsOf('token-reused')).toMatchObject([{ userId: USER, isRevoked: false }]);
      expect((await browser.post('/stage/whoami')).body).toEqual({ user: USER });
    });
  });
});

function expectAll(waiting: number): Promise<void> {
  expect(waiting).toBe(REQUESTS);
  return Promise.resolve();
}
