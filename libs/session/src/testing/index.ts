export { signInAs, type SignedInClient, type SignInAsOptions } from './sign-in-as.js';
export { TestClock } from './test-clock.js';
export { sessionStoreConformance, type ConformanceCase } from './store-conformance.js';
export type { SuiteOptions } from './store-conformance.stage.js';
export type { StoreHarness } from './store-conformance.harness.js';
export { Gate } from './races/gate.js';
export { GatedStore, type HoldPoint } from './races/gated-store.js';
export type { StoreOperation } from '../core/store/store.js';
export { storeRaces, type RaceCase } from './races/store-races.js';
export { interleavings, type InterleavingsOptions } from './races/interleavings.js';
export {
  changes as fieldChanges,
  freshId,
  freshIdBeside,
  LONG as LONG_TIMEOUTS,
  plainSignIn,
} from './store-conformance.stage.js';
export { FaultProxy, type ProxyFilter } from './faults/fault-proxy.js';
export type { ProxyAddress, ProxyTarget } from './faults/proxy-target.js';
