import type { StoreCapability } from '../../core/store/store.js';
import type { StoreHarness } from '../store-conformance.harness.js';
import { offeredBy, type SuiteOptions } from '../store-conformance.stage.js';
import { lateAnswerRaces } from './late-answers.races.js';
import { lateCallRaces } from './late-calls.races.js';
import { lostReplyRaces } from './lost-replies.races.js';
import type { RaceScenario } from './race-stage.js';
import { RaceStage } from './race-stage.js';
import { regenerationRaces } from './regeneration.races.js';
import { rotationRaces } from './rotation.races.js';
import { signInRaces } from './sign-in.races.js';
import { updateRaces } from './updates.races.js';

/** One race, or many, whose outcome must be right. */
export interface RaceCase {
  /** The required outcome, as a sentence. */
  readonly name: string;
  /** `true` if the race uses sessions of several shards, which a sharded store keeps in different places. */
  readonly crossesShards: boolean;
  /** The capabilities that the race calls. */
  readonly needs: readonly StoreCapability[];
  /** Opens a store, runs the race and closes it. Rejects with an `AssertionError` when it goes wrong. */
  readonly run: () => Promise<void>;
}

const RACES: readonly RaceScenario[] = [
  ...updateRaces,
  ...lateCallRaces,
  ...lateAnswerRaces,
  ...lostReplyRaces,
  ...signInRaces,
  ...regenerationRaces,
  ...rotationRaces,
];

/**
 * Returns the known races as test cases for a store and any test runner. Requests are real up to the HTTP edge, and gates
 * hold them at the critical steps, so each case is deterministic. Each case opens its own store.
 *
 * @param open creates an empty store, in a separate namespace if the storage is shared
 * @example
 * describe('races on MyStore', () => {
 *   for (const { name, run } of storeRaces(openMyStore)) it(name, run);
 * });
 */
export function storeRaces(
  open: () => Promise<StoreHarness>,
  { without = [] }: SuiteOptions = {},
): RaceCase[] {
  return offeredBy(RACES, without).map(({ play, ...facts }) => ({ ...facts, run: () => runOn(open, play) }));
}

/** Opens a store for a race and closes it afterwards. */
export async function runOn(open: () => Promise<StoreHarness>, play: RaceScenario['play']): Promise<void> {
  const harness = await open();
  try {
    await play(new RaceStage(harness));
    await harness.assertClean?.();
  } finally {
    await harness.close();
  }
}
