import assert from 'node:assert/strict';
import type { StoreCapability } from '../../core/store/store.js';
import { needing } from '../store-conformance.stage.js';
import type { Browser, Visit, VisitSettings } from './browser.js';
import { GatedStore } from './gated-store.js';
import type { RaceStage } from './race-stage.js';
import { assertEnded, race, acrossShards } from './race-stage.js';

const USER = 'alice';
const ROTATING = { rotation: { everyMs: 0, graceMs: 30_000, revokeOnReuse: false } };
const BRIEF = { idleMs: 250, absoluteMs: 60_000 };

interface OldCookie {
  readonly what: string;
  /** A browser that has it. */
  readonly open: (stage: RaceStage) => Promise<Browser>;
  /** Names a race of such a browser: the session of the cookie may lie in another shard than that of the sign-in. */
  readonly race: typeof race;
  readonly needs?: readonly StoreCapability[];
  readonly settings?: VisitSettings;
}

/** Cookies that a browser may have when its user signs in. */
const OLD_COOKIES: readonly OldCookie[] = [
  { what: 'a visitor', open: (stage) => stage.visitor(), race: acrossShards },
  { what: 'a user', open: (stage) => stage.user(USER), race },
  { what: 'another user', open: (stage) => stage.user('bob'), race: acrossShards },
  { what: 'an expired session', open: (stage) => expired(stage), race: acrossShards },
  { what: 'a session that was signed out', open: (stage) => signedOut(stage), race },
  {
    what: 'a session whose token was just rotated',
    open: (stage) => exchanged(stage),
    race,
    needs: ['token-rotation'],
    settings: ROTATING,
  },
];

interface SlowRequest {
  readonly what: string;
  /** Action of its handler once the sign-in has been answered. */
  readonly act: (visit: Visit) => Promise<unknown> | void;
  readonly needs?: readonly StoreCapability[];
}

const SLOW_REQUESTS: readonly SlowRequest[] = [
  { what: 'reads', act: (visit) => void visit.data['cart'] },
  { what: 'writes', act: (visit) => void (visit.data['late'] = 1) },
  { what: 'saves', act: (visit) => assertRefused(save(visit)) },
  { what: 'signs out', act: (visit) => visit.context.destroy().catch(ignoreEnd) },
  {
    what: 'adds to a number',
    act: (visit) => assertRefused(visit.context.increment('late', 1)),
    needs: ['field-operations'],
  },
];

/** Answers that come after the browser has a newer cookie. */
export const lateAnswerRaces = [
  ...OLD_COOKIES.flatMap((old) =>
    SLOW_REQUESTS.map((slow) =>
      needing(
        [...(old.needs ?? []), ...(slow.needs ?? [])],
        old.race(
          `a slow request that ${slow.what} with the cookie of ${old.what} does not undo a sign-in`,
          (stage) => signInMeanwhile(stage, old, slow),
        ),
      ),
    ),
  ),

  ...OLD_COOKIES.map((old) =>
    needing(
      old.needs ?? [],
      old.race(
        `a sign-out with the cookie of ${old.what} whose response is late does not undo a sign-in`,
        async (stage) => {
          const browser = await old.open(stage);
          const slow = await browser.visit(old.settings);
          await slow.context.destroy();
          await browser.send((visit) => visit.signIn(USER), old.settings);
          assert.equal(await slow.answer(), null);
          await assertSignedIn(stage, browser);
        },
      ),
    ),
  ),

  acrossShards('the cookie of a new session is not sent if a sign-in came first', async (stage) => {
    const { browser, answer } = await creationBehindSignIn(stage);
    assert.equal(await answer, null);
    await assertSignedIn(stage, browser);
  }),

  acrossShards('a new session whose cookie was not sent is not left behind', async (stage) => {
    const { id, answer } = await creationBehindSignIn(stage);
    await answer;
    await stage.assertGone(id);
  }),

  acrossShards(
    'a sign-in that first writes to a new session also invalidates the old cookie',
    async (stage) => {
      const browser = await expired(stage);
      const slow = await browser.visit();
      await browser.send(async (visit) => {
        await visit.context.increment('attempts', 1);
        await visit.signIn(USER);
      });
      assert.equal(await slow.answer(), null);
      await assertSignedIn(stage, browser);
    },
  ),

  acrossShards(
    'a request that loads its session before a sign-in and writes after it does not undo the sign-in',
    async (stage) => {
      const browser = await stage.visitor();
      const store = new GatedStore(stage.store);
      const gate = store.hold('load', 'after');
      const arriving = browser.visit({ store });
      await gate.arrived;
      await browser.send((visit) => visit.signIn(USER));
      gate.open();
      const slow = await arriving;
      await assertRefused(save(slow));
      assert.equal(await slow.answer(), null);
      await assertSignedIn(stage, browser);
    },
  ),

  acrossShards(
    'a request whose new session ends before its response does not clear a newer cookie',
    async (stage) => {
      const browser = await stage.visitor();
      const slow = await browser.visit();
      await slow.signIn(USER);
      await browser.send((visit) => visit.signIn(USER)); // the same sign-in once more
      await browser.send((visit) => visit.signIn(USER)); // a further one, with its token
      await assertEnded(save(slow), 'replaced');
      assert.equal(await slow.answer(), null);
      await assertSignedIn(stage, browser);
    },
  ),
];

async function signInMeanwhile(
  stage: RaceStage,
  { open, settings }: OldCookie,
  { act }: SlowRequest,
): Promise<void> {
  const browser = await open(stage);
  const slow = await Promise.all(Array.from({ length: 5 }, () => browser.visit(settings)));
  await browser.send((visit) => visit.signIn(USER), settings);
  const { token } = browser;

  await stage.leavingNothing(async () => {
    for (const visit of slow) {
      await act(visit);
      assert.equal(await visit.end(), null);
    }
  });

  assert.equal(browser.token, token);
  await assertSignedIn(stage, browser);
}

/** Holds a request that is about to store a fresh session, and releases it once another request has signed its user in. */
async function creationBehindSignIn(stage: RaceStage) {
  const browser = await expired(stage);
  const slow = await browser.visit();
  slow.data['late'] = 1;
  const gate = slow.store.hold('create');
  const answer = slow.answer();
  await gate.arrived;
  await browser.send((visit) => visit.signIn(USER));
  const { id } = slow.context;
  gate.open();
  return { browser, id, answer };
}

async function assertSignedIn(stage: RaceStage, browser: Browser): Promise<void> {
  const visit = await browser.visit();
  assert.equal(visit.context.record?.userId, USER);
  assert.ok((await stage.store.list(USER)).some(({ id }) => id === visit.record.id));
}

/** Returns a browser whose session has timed out without a trace in the store. */
async function expired(stage: RaceStage): Promise<Browser> {
  const browser = stage.browser();
  const { record } = await browser.send((visit) => void (visit.data['cart'] = []), { timeouts: BRIEF });
  await stage.outlast(record);
  return browser;
}

/** Returns a browser in which another tab has signed out, without the response yet. */
async function signedOut(stage: RaceStage): Promise<Browser> {
  const browser = await stage.user(USER);
  await browser.copy().send((visit) => visit.context.destroy());
  return browser;
}

/** Returns a browser that has not received the response with its new token yet. */
async function exchanged(stage: RaceStage): Promise<Browser> {
  const browser = await stage.user(USER);
  await browser.copy().send(() => undefined, ROTATING);
  return browser;
}

function save(visit: Visit): Promise<void> {
  visit.data['late'] = 1;
  return visit.context.save();
}

function assertRefused(outcome: Promise<unknown>): Promise<void> {
  return assertEnded(outcome, 'replaced');
}

/** Ignores a session's end: whether a sign-out finds the session continued elsewhere depends on the old cookie. */
function ignoreEnd(error: unknown): void {
  assert.equal((error as Error).name, 'SessionEndedError');
}
