import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { SessionEndedError, SessionUnavailableError } from '../../core/errors/errors.js';
import type { SessionEvent, SessionEventType } from '../../core/runtime/events.js';
import { SessionEvents } from '../../core/runtime/events.js';
import type { SessionRuntime } from '../../core/runtime/runtime.js';
import { SessionTally } from '../../core/runtime/tally.js';
import type { EndReason, StoreCapability } from '../../core/store/store.js';
import { jsonCodec } from '../../data/json.codec.js';
import { passportPrincipal } from '../../passport/passport.principal.js';
import type { StoreHarness } from '../store-conformance.harness.js';
import { LONG, Stage } from '../store-conformance.stage.js';
import type { VisitSettings } from './browser.js';
import { Browser } from './browser.js';

/** A race before it has a store. */
export interface RaceScenario {
  readonly name: string;
  /** See `RaceCase`. */
  readonly crossesShards: boolean;
  readonly needs: readonly StoreCapability[];
  readonly play: (stage: RaceStage) => Promise<void>;
}

/** Names the required outcome of a race between sessions of one shard, and runs it. */
export function race(name: string, play: RaceScenario['play']): RaceScenario {
  return { name, crossesShards: false, needs: [], play };
}

/** Names the required outcome of a race between sessions of several shards, and runs it. */
export function acrossShards(name: string, play: RaceScenario['play']): RaceScenario {
  return { name, crossesShards: true, needs: [], play };
}

/** A store, and browsers whose requests come to it. */
export class RaceStage extends Stage {
  private readonly runtime: SessionRuntime;
  private readonly told: SessionEvent[] = [];

  constructor(harness: StoreHarness) {
    super(harness);
    const { store } = this;
    const events = new SessionEvents(store, (_type, error) => assert.fail(String(error)));
    events.on('*', (event) => this.told.push(event));
    this.runtime = {
      store,
      events,
      timeouts: LONG,
      limit: { max: Infinity, onExceed: 'evict-oldest' },
      size: { maxBytes: Infinity, warnBytes: Infinity },
      anonymous: { timeouts: LONG, maxBytes: Infinity },
      rotation: { everyMs: null, graceMs: 30_000, revokeOnReuse: false },
      keepDataOnSignIn: true,
      persistent: false,
      codec: jsonCodec('strict'),
      rules: null,
      principal: passportPrincipal(),
      tally: new SessionTally(),
    };
  }

  browser(): Browser {
    return new Browser(this.runtime);
  }

  /** Opens a browser with an anonymous session. */
  async visitor(data: Readonly<Record<string, unknown>> = { cart: ['book'] }): Promise<Browser> {
    const browser = this.browser();
    await browser.send((visit) => Object.assign(visit.data, data));
    return browser;
  }

  /** Opens a browser in which a user has signed in. */
  async user(userId: string, settings: VisitSettings = {}): Promise<Browser> {
    const browser = this.browser();
    await browser.send((visit) => visit.signIn(userId), settings);
    return browser;
  }

  /** Returns the events of one type so far. */
  async events<T extends SessionEventType>(type: T): Promise<SessionEvent<T>[]> {
    await turn();
    return this.told.filter((event) => event.type === type) as unknown as SessionEvent<T>[];
  }

  /** Returns the number of a user's live sessions. */
  async count(userId: string): Promise<number> {
    return (await this.store.list(userId)).length;
  }
}

/** Asserts that a held call fails with the reason of the session's end. */
export async function assertEnded(outcome: Promise<unknown>, reason: EndReason): Promise<void> {
  await assert.rejects(outcome, (error) => {
    assert.ok(error instanceof SessionEndedError, `expected a SessionEndedError, got ${String(error)}`);
    assert.equal(error.end.reason, reason);
    return true;
  });
}

/** Asserts that a held call fails because its outcome is unknown. */
export async function assertUnavailable(outcome: Promise<unknown>): Promise<void> {
  await assert.rejects(outcome, SessionUnavailableError);
}
