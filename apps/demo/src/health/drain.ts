import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../settings/settings.js';

/**
 * Keeps a process serving after the signal to stop, until the load balancer has noticed that it is no longer ready. A process
 * that closed its port at once would refuse the connections that the load balancer still opens.
 */
@Injectable()
export class Drain {
  /** True from the signal to stop on. */
  isDraining = false;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** Resolves when the load balancer sends no more requests. */
  async run(): Promise<void> {
    this.isDraining = true;
    await wait(this.settings.drainMs);
  }
}
