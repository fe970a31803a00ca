import { RedisStore } from 'nestjs-redis-session';
import type { TrackingListener } from '../../../libs/session/src/cache/tracked-source.js';

type Track = RedisStore['track'];

/** Intercepts Redis' invalidation messages, so that a test can hold them, as a slow network does. */
export class HeldInvalidations {
  private held: (() => void)[] | null = null;
  private readonly original: Track;

  /** From now on, stores that begin to track are under control. */
  constructor() {
    this.original = RedisStore.prototype.track;
    const { original } = this;
    const pass = (news: () => void) => this.pass(news);
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
    for (const news of held ?? []) news();
  }

  restore(): void {
    this.release();
    RedisStore.prototype.track = this.original;
  }

  private pass(news: () => void): void {
    if (this.held) this.held.push(news);
    else news();
  }
}
