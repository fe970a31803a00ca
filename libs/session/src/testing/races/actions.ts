import assert from 'node:assert/strict';
import { SessionEndedError, SessionLimitError, SessionUnavailableError } from '../../core/errors/errors.js';
import type { StoreCapability } from '../../core/store/store.js';
import type { Token } from '../../core/record/token.js';
import type { Browser, Visit, VisitSettings } from './browser.js';
import type { History } from './history.js';

/** An action that one request of the browser performs. */
export interface Action {
  readonly name: string;
  readonly act: (visit: Visit, round: RoundFacts) => Promise<unknown> | void;
  readonly settings?: VisitSettings;
  /** The capabilities of the store that it calls. */
  readonly needs: readonly StoreCapability[];
}

/** Facts about the round that an action needs. */
export interface RoundFacts {
  readonly userId: string;
  readonly history: History;
  /** A field that no other actor writes. */
  readonly field: string;
}

const ROTATING = { rotation: { everyMs: 0, graceMs: 30_000, revokeOnReuse: false } };

const FIELDS = ['field-operations'] as const;
const ROTATION = ['token-rotation'] as const;

/** Actions of requests that can conflict with one another. */
export const ACTIONS: readonly Action[] = [
  { name: 'read', needs: [], act: (visit, { field }) => void visit.data[field] },
  { name: 'save', needs: [], act: save },
  { name: 'write', needs: [], act: (visit, { field }) => void (visit.data[field] = true) },
  {
    name: 'add',
    needs: FIELDS,
    act: (visit, facts) => acknowledged(visit, facts, '1', () => visit.context.increment(facts.field, 1)),
  },
  {
    name: 'update',
    needs: FIELDS,
    act: (visit, facts) => acknowledged(visit, facts, '2', () => visit.context.update(facts.field, () => 2)),
  },
  { name: 'touch', needs: [], act: (visit) => visit.context.touch() },
  { name: 'rotate', needs: ROTATION, act: () => undefined, settings: ROTATING },
  { name: 'rotate and save', needs: ROTATION, act: save, settings: ROTATING },
  { name: 'regenerate', needs: [], act: (visit) => visit.context.regenerate(true) },
  { name: 'sign out', needs: [], act: signOut },
  { name: 'sign in', needs: [], act: (visit, { userId }) => visit.signIn(userId) },
  {
    name: 'save and sign in',
    needs: [],
    act: (visit, facts) => save(visit, facts).then(() => visit.signIn(facts.userId)),
  },
  { name: 'revoke', needs: [], act: (visit) => revoke(visit) },
  {
    name: 'revoke all',
    needs: [],
    act: (visit, { userId }) => visit.store.revokeAll(userId, { reason: 'revoked' }, null),
  },
  {
    name: 'revoke everyone',
    needs: ['bulk-revocation'],
    act: (visit) =>
      visit.store.revokeEveryone(
        { reason: 'revoked' },
        { except: null, signedInBefore: null },
        () => undefined,
      ),
  },
];

/** Runs an action as a request from beginning to end. Errors that a race may cause are returned to the client. */
export async function perform(
  browser: Browser,
  action: Action,
  settings: VisitSettings,
  facts: RoundFacts,
): Promise<Token | null> {
  try {
    const visit = await browser.visit({ ...settings, ...action.settings });
    try {
      await action.act(visit, facts);
    } catch (error) {
      assertForeseen(error);
    }
    const change = await visit.end();
    return change?.kind === 'set' ? change.token : null;
  } catch (error) {
    assertForeseen(error);
    return null;
  }
}

function assertForeseen(error: unknown): void {
  const isForeseen = [SessionEndedError, SessionLimitError, SessionUnavailableError].some(
    (type) => error instanceof type,
  );
  assert.ok(isForeseen, `a request failed with ${String(error)}`);
}

function save(visit: Visit, facts: RoundFacts): Promise<void> {
  return acknowledged(visit, facts, 'true', () => {
    visit.data[facts.field] = true;
    return visit.context.save();
  });
}

/** Does something, and when it has succeeded notes what must be there from then on. */
async function acknowledged(
  visit: Visit,
  { history, field }: RoundFacts,
  text: string,
  write: () => Promise<unknown>,
): Promise<void> {
  await write();
  history.acknowledge(visit.record.id, field, text);
}

async function signOut(visit: Visit, { history }: RoundFacts): Promise<void> {
  const { record } = visit.context;
  await visit.context.destroy();
  if (record) history.announceEnd(record.id);
}

async function revoke(visit: Visit): Promise<void> {
  if (visit.context.record) await visit.store.destroy(visit.record.id, { reason: 'revoked' });
}
