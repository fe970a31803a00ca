import { RedisStore } from 'nestjs-redis-session';
import type { TrackingListener } from '../../support/white-box.js';

type Track = RedisStore['track'];

/** Intercepts Redis' invalidation messages, so that a test can hold them, as a slow network does. */
export class HeldInvalidations {
  private held: (() => void)[] | null = null;
  private readonly original: Track;

  /** From now on, stores that begin to track are under control. */
  constructor() {
    this.original = RedisStore.prototype.track;
    const { original } = this;
    const pass = (message: () => void) => this.pass(message);
    RedisStore.prototype.track = function (this: RedisStore, listener: TrackingListener, ...rest) {
      const onChange: TrackingListener['onChange'] = (id) => pass(() => listener.onChange(id));
      return original.call(this, { ...listener, onChange }, ...rest);
    };
  }

  /** Holds all messages until {@link release}. */
  hold(): void {
    this.held ??= [];
  }

  /** Delivers the held messages in order. */
  release(): void {
    const { held } = this;
    this.held = null;
    for (const message of held ?? []) message();
  }

  restore(): void {
    this.release();
    RedisStore.prototype.track = this.original;
  }

  private pass(message: () => void): void {
    if (this.held) this.held.push(message);
    else message();
  }
}
