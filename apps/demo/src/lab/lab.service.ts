import type { OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SessionService } from 'nestjs-redis-session';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { STORAGE } from '../storage/storage.module.js';
import type { Storage } from '../storage/storage.js';
import { ATTACKER, VICTIM } from '../users/demo-users.js';
import type { Attack, Verdict } from './attacks/attack.js';
import type { LabBrowserSettings } from './lab-browser.js';
import { LabBrowser } from './lab-browser.js';
import type { PlainApp } from './plain-app.js';
import { SerialQueue } from './serial-queue.js';
import type { Step } from './transcript.js';
import { Transcript } from './transcript.js';

export interface Outcome extends Verdict {
  readonly steps: readonly Step[];
}

export interface AttackRun {
  readonly attack: string;
  readonly ours: Outcome;
  readonly plain: Outcome;
}

/** Addresses that stand for all interfaces. Nothing can connect to them. */
const WILDCARDS = new Set(['0.0.0.0', '::']);

/** Runs attacks one at a time, over HTTP, with the same access as any attacker. */
@Injectable()
export class LabService implements OnModuleDestroy {
  private readonly queue = new SerialQueue();
  private plain: Promise<PlainApp> | null = null;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly sessions: SessionService,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** Runs an attack against this demo, then against the plain application. */
  run(attack: Attack): Promise<AttackRun> {
    return this.queue.run(async () => {
      try {
        const ours = await this.attackSite(this.ownAddress, attack);
        const plain = await this.attackSite((await this.plainApp()).address, attack);
        return { attack: attack.name, ours, plain };
      } finally {
        await this.endLabSessions();
      }
    });
  }

  /** Returns a browser that sends its requests to this demo. */
  browser(settings: Omit<LabBrowserSettings, 'host' | 'port'>): LabBrowser {
    return new LabBrowser({ ...this.ownAddress, ...settings });
  }

  async onModuleDestroy(): Promise<void> {
    await (await this.plain?.catch(() => null))?.stop();
  }

  private async attackSite(address: { host: string; port: number }, attack: Attack): Promise<Outcome> {
    const transcript = new Transcript();
    const browser = (name: string) => new LabBrowser({ ...address, name, transcript });
    const verdict = await attack.run({ browser }, transcript);
    return { ...verdict, steps: transcript.steps };
  }

  private async endLabSessions(): Promise<void> {
    await Promise.all([VICTIM, ATTACKER].map((user) => this.sessions.revokeAll(user)));
  }

  /** Starts the plain application at the first attack. After a failed start, the next attack tries again. */
  private plainApp(): Promise<PlainApp> {
    this.plain ??= import('./plain-app.js')
      .then(({ PlainApp }) => PlainApp.start(this.storage.url))
      .catch((error: unknown) => {
        this.plain = null;
        throw error;
      });
    return this.plain;
  }

  private get ownAddress(): { host: string; port: number } {
    const { address, port } = (this.host.httpAdapter.getHttpServer() as Server).address() as AddressInfo;
    return { host: WILDCARDS.has(address) ? '127.0.0.1' : address, port };
  }
}
