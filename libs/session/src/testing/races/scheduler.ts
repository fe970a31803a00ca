import type { SessionStore } from '../../core/store/store.js';
import { Gate } from './gate.js';
import type { StoreOperation } from '../../core/store/store.js';
import type { HoldPoint } from './gated-store.js';
import { GatedStore } from './gated-store.js';

/** An actor that stands at a gate. */
export interface Waiting {
  readonly actor: string;
  readonly operation: StoreOperation;
  readonly point: HoldPoint;
  readonly gate: Gate;
}

/**
 * Lets actors run one step at a time. Each stops wherever its {@link SteppedStore} says; only when all stand still is
 * one of them let go. So what happens depends on the choices and on nothing else.
 */
export class Scheduler {
  private readonly waiting: Waiting[] = [];
  private running = 0;
  private whenStill: () => void = () => undefined;

  /** Starts an actor. Its outcome is its own: it must not reject. */
  start(act: () => Promise<void>): void {
    this.running++;
    void act().then(() => this.stop());
  }

  /** Waits at a gate until this actor is chosen. */
  async wait(step: Omit<Waiting, 'gate'>): Promise<void> {
    const gate = new Gate();
    this.waiting.push({ ...step, gate });
    this.stop();
    await gate.pass();
  }

  /** Settles when every actor stands at a gate or is done. Answers those at gates, in the order of their start. */
  async still(): Promise<readonly Waiting[]> {
    if (this.running > 0) await new Promise<void>((resolve) => (this.whenStill = resolve));
    return [...this.waiting].sort((one, other) => (one.actor < other.actor ? -1 : 1));
  }

  /** Lets one go on; with an error, it gets that in place of its reply. */
  release(step: Waiting, error?: Error): void {
    this.waiting.splice(this.waiting.indexOf(step), 1);
    this.running++;
    if (error) step.gate.fail(error);
    else step.gate.open();
  }

  private stop(): void {
    this.running--;
    if (this.running === 0) this.whenStill();
  }
}

/** Operations that are also held after the store has run them. */
const HELD_AFTER: ReadonlySet<StoreOperation> = new Set([
  'create',
  'commit',
  'increment',
  'compareAndSet',
  'touch',
  'regenerate',
  'signIn',
  'destroy',
  'revokeAll',
  'revokeEveryone',
]);

/**
 * A store whose operations stop before they reach it, and where they change something also after it did them. What
 * only reads, and the exchange of a token, are asked for right before an answer leaves: between that reply and the
 * answer nothing comes in between, as in a real process.
 */
export class SteppedStore extends GatedStore {
  constructor(
    store: SessionStore,
    private readonly scheduler: Scheduler,
    private readonly actor: string,
  ) {
    super(store);
  }

  protected override async reach(operation: StoreOperation, point: HoldPoint): Promise<void> {
    if (point === 'after' && !HELD_AFTER.has(operation)) return;
    await this.scheduler.wait({ actor: this.actor, operation, point });
  }
}
