import assert from 'node:assert/strict';
import { SessionUnavailableError } from '../../core/errors/errors.js';
import { isRotated, sessionIdOf } from '../../core/record/token.js';
import type { Token } from '../../core/record/token.js';
import type { StoreHarness } from '../store-conformance.harness.js';
import { offeredBy, type SuiteOptions } from '../store-conformance.stage.js';
import type { Action, RoundFacts } from './actions.js';
import { ACTIONS, perform } from './actions.js';
import type { Browser } from './browser.js';
import { History, RecordedStore } from './history.js';
import type { RaceStage } from './race-stage.js';
import { Random } from './random.js';
import type { Waiting } from './scheduler.js';
import { Scheduler, SteppedStore } from './scheduler.js';
import type { RaceCase } from './store-races.js';
import { runOn } from './store-races.js';

/** Extent of {@link interleavings}. */
export interface InterleavingsOptions extends SuiteOptions {
  /**
   * Seed of the order of steps. The same seed gives the same order.
   *
   * @defaultValue a random one, which the name of the case contains
   */
  readonly seed?: number;
  /**
   * Number of combinations of requests, each run in a different order.
   *
   * @defaultValue 100
   */
  readonly rounds?: number;
}

const MAX_SESSIONS = 2;
/** One in `rounds` rounds loses replies: about one in `replies` of them. */
const LOSSES = { rounds: 4, replies: 6 };

/**
 * Creates a case that runs two or three concurrent requests of one browser, chosen at random: reads, writes, rotations,
 * regenerations, sign-ins, sign-outs, revocations. Each request stops before and after every step of the store, and the
 * next one to continue is chosen at random, too. At each step, no session may have come back and no limit may be exceeded.
 * At the end, no acknowledged field may be lost, each session must have one token, and signed-in users must still be
 * signed in.
 *
 * If a round fails, the error lists the steps in order, with the seed that repeats this round.
 *
 * @param open creates an empty store, in a separate namespace if the storage is shared
 * @example
 * const { name, run } = interleavings(openMyStore, { rounds: 500 });
 * it(name, run, 60_000);
 */
export function interleavings(
  open: () => Promise<StoreHarness>,
  { seed = Math.floor(Math.random() * 2 ** 31), rounds = 100, without = [] }: InterleavingsOptions = {},
): RaceCase {
  const actions = offeredBy(ACTIONS, without);
  return {
    name: `${rounds} random interleavings from seed ${seed} break no rule`,
    crossesShards: true,
    needs: [],
    run: () =>
      runOn(open, async (stage) => {
        for (let round = 0; round < rounds; round++) await new Round(stage, seed + round, actions).run();
      }),
  };
}

/** Some requests of one browser, in one order. */
class Round {
  private readonly random: Random;
  private readonly scheduler = new Scheduler();
  private readonly history: History;
  private readonly userId: string;
  private readonly actions: readonly Action[];
  private readonly isLossy: boolean;
  private readonly steps: string[] = [];
  private readonly tokens: Token[] = [];
  private readonly failures: unknown[] = [];

  constructor(
    private readonly stage: RaceStage,
    private readonly seed: number,
    actions: readonly Action[],
  ) {
    this.random = new Random(seed);
    this.userId = `user-${seed}`;
    this.history = new History(stage.store, this.userId, MAX_SESSIONS);
    this.actions = Array.from({ length: 2 + this.random.below(2) }, () => this.random.pick(actions));
    this.isLossy = this.random.isOnceIn(LOSSES.rounds);
  }

  async run(): Promise<void> {
    const browser = await (this.random.isOnceIn(2) ? this.stage.visitor() : this.stage.user(this.userId));
    try {
      this.history.expect(sessionIdOf(browser.token as Token));
      await this.history.check();
      this.actions.forEach((action, index) => this.start(browser, action, index));
      await this.play();
      await this.judge(browser);
    } catch (error) {
      throw this.explain(error);
    }
  }

  private start(browser: Browser, action: Action, index: number): void {
    const name = `${index + 1} (${action.name})`;
    const stepped = new SteppedStore(new RecordedStore(this.stage.store, this.history), this.scheduler, name);
    const settings = { store: stepped, limit: { max: MAX_SESSIONS, onExceed: 'evict-oldest' as const } };
    const facts: RoundFacts = { userId: this.userId, history: this.history, field: `field${index}` };
    this.scheduler.start(async () => {
      try {
        const token = await perform(browser, action, settings, facts);
        if (token) this.tokens.push(token);
      } catch (error) {
        this.failures.push(error);
      }
    });
  }

  private async play(): Promise<void> {
    for (;;) {
      const waiting = await this.scheduler.still();
      await this.history.check();
      if (waiting.length === 0) return;
      this.step(this.random.pick(waiting));
    }
  }

  private step(next: Waiting): void {
    const { actor, operation, point } = next;
    const isLost = this.isLossy && point === 'after' && this.random.isOnceIn(LOSSES.replies);
    this.steps.push(`${actor}: ${point} ${operation}${isLost ? ', whose reply is lost' : ''}`);
    this.scheduler.release(
      next,
      isLost ? new SessionUnavailableError(operation, 'the reply was lost') : undefined,
    );
  }

  private async judge(browser: Browser): Promise<void> {
    if (this.failures.length > 0) throw this.failures[0];
    await this.history.checkEnd();
    this.checkRotations();
    if (this.isLossy) return;
    await this.history.checkFields();
    await this.checkSignIn(browser);
  }

  /** Checks that a rotated token has one successor, however many requests rotate it. */
  private checkRotations(): void {
    const rotated = this.tokens.filter(isRotated);
    const ids = rotated.map(sessionIdOf);
    assert.equal(new Set(rotated).size, new Set(ids).size, 'a session has two new tokens');
  }

  /** Checks that a signed-in user is still signed in, unless the session has ended since. */
  private async checkSignIn(browser: Browser): Promise<void> {
    const names = this.actions.map(({ name }) => name);
    const isOneSignIn = names.filter((name) => name.endsWith('sign in')).length === 1;
    // What a regeneration gives out and what a sign-in gives out are both good; which comes last is luck.
    if (!isOneSignIn || names.includes('regenerate')) return;
    const signedIn = (await this.stage.store.list(this.userId))[0];
    if (!signedIn || this.tokens.every((token) => sessionIdOf(token) !== signedIn.id)) return;
    const { record } = (await browser.visit()).context;
    assert.equal(record?.id, signedIn.id, 'a late answer has undone a sign-in');
  }

  private explain(error: unknown): Error {
    const { message } = error as Error;
    const lines = [
      `${message}`,
      `${this.actions.map(({ name }) => name).join(' | ')}, in this order:`,
      ...this.steps.map((step) => `  ${step}`),
      `To repeat it: interleavings(open, { seed: ${this.seed}, rounds: 1 })`,
    ];
    return new assert.AssertionError({ message: lines.join('\n') });
  }
}
