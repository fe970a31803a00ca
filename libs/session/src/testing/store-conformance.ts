import assert from 'node:assert/strict';
import { capabilitiesOf } from '../core/store/delegating.store.js';
import type { StoreCapability } from '../core/store/store.js';
import { clockScenarios } from './store-conformance.clocks.js';
import { endScenarios } from './store-conformance.ends.js';
import type { StoreHarness } from './store-conformance.harness.js';
import { everyoneScenarios } from './store-conformance.everyone.js';
import { limitScenarios } from './store-conformance.limit.js';
import { raceScenarios } from './store-conformance.races.js';
import { recordScenarios } from './store-conformance.records.js';
import { regenerationScenarios } from './store-conformance.regeneration.js';
import { rotationScenarios } from './store-conformance.rotation.js';
import { sameSignInScenarios } from './store-conformance.same-sign-in.js';
import { signInScenarios } from './store-conformance.sign-in.js';
import { sizeScenarios } from './store-conformance.size.js';
import type { Scenario } from './store-conformance.stage.js';
import { offeredBy, scenario, Stage, type SuiteOptions } from './store-conformance.stage.js';
import { updateScenarios } from './store-conformance.updates.js';
import { userScenarios } from './store-conformance.users.js';

/** A requirement on a store. */
export interface ConformanceCase {
  /** The requirement, as a sentence. */
  readonly name: string;
  /**
   * `true` if the case uses sessions of several shards, which a sharded store keeps in different places. These cases,
   * which call every operation, suffice for a further topology of a store that passes all cases on one.
   */
  readonly crossesShards: boolean;
  /** The capabilities that the case calls. */
  readonly needs: readonly StoreCapability[];
  /** Opens a store, tries it and closes it. Rejects with an `AssertionError` when it does not do it. */
  readonly run: () => Promise<void>;
}

const SCENARIOS: readonly Scenario[] = [
  ...recordScenarios,
  ...updateScenarios,
  ...sizeScenarios,
  ...clockScenarios,
  ...regenerationScenarios,
  ...rotationScenarios,
  ...signInScenarios,
  ...sameSignInScenarios,
  ...limitScenarios,
  ...endScenarios,
  ...userScenarios,
  ...everyoneScenarios,
  ...raceScenarios,
];

/**
 * Returns everything that the module expects of a `SessionStore`, as test cases for any test runner. Each case opens its
 * own store.
 *
 * @param open creates an empty store, in a separate namespace if the storage is shared
 * @example
 * describe('MyStore', () => {
 *   for (const { name, run } of sessionStoreConformance(openMyStore)) it(name, run);
 * });
 */
export function sessionStoreConformance(
  open: () => Promise<StoreHarness>,
  { without = [] }: SuiteOptions = {},
): ConformanceCase[] {
  return [...without.map(lacking), ...offeredBy(SCENARIOS, without)].map(({ play, ...facts }) => ({
    ...facts,
    run: () => perform(play, open),
  }));
}

/** Returns a case that a capability is absent, so that a suite leaves out no case that the store could run. */
function lacking(capability: StoreCapability): Scenario {
  return scenario(`the store lacks the capability ${capability}`, ({ store }) => {
    assert.ok(!capabilitiesOf(store).has(capability), `the store offers ${capability}`);
    return Promise.resolve();
  });
}

async function perform(play: Scenario['play'], open: () => Promise<StoreHarness>): Promise<void> {
  const harness = await open();
  try {
    await play(new Stage(harness));
    await harness.assertClean?.();
  } finally {
    await harness.close();
  }
}
