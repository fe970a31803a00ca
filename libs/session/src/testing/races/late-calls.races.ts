import assert from 'node:assert/strict';
import { capabilityFor } from '../../core/store/delegating.store.js';
import type { EndReason } from '../../core/store/store.js';
import { needing } from '../store-conformance.stage.js';
import type { Browser, Visit, VisitSettings } from './browser.js';
import type { StoreOperation } from '../../core/store/store.js';
import type { RaceStage } from './race-stage.js';
import { assertEnded, race } from './race-stage.js';

const USER = 'alice';
const BRIEF = { idleMs: 250, absoluteMs: 60_000 };
/** A token is due for its exchange at once. */
const ROTATING = { rotation: { everyMs: 0, graceMs: 30_000, revokeOnReuse: false } };

interface LateCall {
  readonly what: string;
  readonly operation: StoreOperation;
  readonly settings?: VisitSettings;
  readonly call: (visit: Visit) => Promise<unknown>;
  /** True if the caller does not report the end of the session. */
  readonly isQuiet?: true;
}

/** Calls that a request may make to the store. */
const LATE_CALLS: readonly LateCall[] = [
  {
    what: 'a save',
    operation: 'commit',
    call: (visit) => {
      visit.data['late'] = true;
      return visit.context.save();
    },
  },
  { what: 'a touch', operation: 'touch', call: (visit) => visit.context.touch() },
  { what: 'a regeneration', operation: 'regenerate', call: (visit) => visit.context.regenerate(true) },
  { what: 'an increment', operation: 'increment', call: (visit) => visit.context.increment('late', 1) },
  { what: 'an update', operation: 'compareAndSet', call: (visit) => visit.context.update('late', () => 1) },
  {
    what: 'a rotation',
    operation: 'rotate',
    settings: ROTATING,
    call: (visit) => visit.context.finish(),
    isQuiet: true,
  },
];

interface End {
  readonly how: string;
  readonly reason: EndReason;
  readonly settings?: VisitSettings;
  /** Ends the session of a browser. */
  readonly end: (stage: RaceStage, browser: Browser, visit: Visit) => Promise<unknown>;
}

/** Ends of a session. */
const ENDS: readonly End[] = [
  {
    how: 'was signed out',
    reason: 'signed-out',
    end: (_stage, browser) => browser.send((visit) => visit.context.destroy()),
  },
  {
    how: 'was evicted',
    reason: 'evicted',
    end: (stage) => stage.user(USER, { limit: { max: 1, onExceed: 'evict-oldest' } }),
  },
  {
    how: 'was revoked',
    reason: 'revoked',
    end: (stage, _browser, { record }) => stage.store.destroy(record.id, { reason: 'revoked' }),
  },
  {
    how: 'was revoked with all others of its user',
    reason: 'revoked',
    end: (stage) => stage.store.revokeAll(USER, { reason: 'revoked' }, null),
  },
  {
    how: 'was replaced by a sign-in',
    reason: 'replaced',
    end: (_stage, browser) => browser.send((visit) => visit.signIn(USER)),
  },
  {
    how: 'was replaced by a regeneration',
    reason: 'replaced',
    end: (_stage, browser) => browser.send((visit) => visit.context.regenerate(true)),
  },
  {
    how: 'had expired',
    reason: 'expired',
    settings: { timeouts: BRIEF },
    end: (stage, _browser, { record }) => stage.outlast(record),
  },
];

/** Races in which a call is held on its way to the store until the session has ended. */
export const lateCallRaces = LATE_CALLS.flatMap((late) =>
  ENDS.map((end) =>
    needing(
      capabilityFor(late.operation),
      race(`${late.what} that is held until its session ${end.how} restores nothing`, (stage) =>
        holdUntilTheEnd(stage, late, end),
      ),
    ),
  ),
);

async function holdUntilTheEnd(
  stage: RaceStage,
  late: LateCall,
  { end, reason, settings }: End,
): Promise<void> {
  const browser = await stage.user(USER, settings);
  const visit = await browser.visit(late.settings);
  const { id } = visit.record;
  const gate = visit.store.hold(late.operation);
  const outcome = late.call(visit);
  outcome.catch(() => undefined); // looked at below
  await gate.arrived;
  await end(stage, browser, visit);
  const listed = await stage.store.list(USER);

  await stage.leavingNothing(async () => {
    gate.open();
    await (late.isQuiet ? outcome : assertEnded(outcome, reason));
    assert.equal(await visit.answer(), null, 'a late answer must leave the cookie alone');
  });

  await stage.assertGone(id);
  await stage.assertSessionsOf(USER, listed);
}
