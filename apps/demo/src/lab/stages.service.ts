import { Injectable } from '@nestjs/common';
import { SessionService } from 'nestjs-redis-session';
import { randomUUID } from 'node:crypto';
import { STAGE_USERS } from '../users/demo-users.js';
import { LabService } from './lab.service.js';
import { Stage, STAGE_DEVICES } from './stage.js';

/** The stages that are in use: one for each user there is for it. Who comes when all are taken gets the oldest one's. */
@Injectable()
export class StagesService {
  private readonly stages = new Map<string, Stage>();
  private turn = 0;

  constructor(
    private readonly lab: LabService,
    private readonly sessions: SessionService,
  ) {}

  async open(): Promise<Stage> {
    const username = STAGE_USERS[this.turn++ % STAGE_USERS.length] as string;
    for (const stage of this.stages.values()) if (stage.username === username) this.stages.delete(stage.id);
    await this.sessions.revokeAll(username);
    const actors = STAGE_DEVICES.map((device) => ({
      device,
      browser: this.lab.browser(device),
      state: 'new' as const,
      answer: null,
    }));
    const stage = new Stage(randomUUID(), username, actors);
    this.stages.set(stage.id, stage);
    return stage;
  }

  find(id: string): Stage | null {
    return this.stages.get(id) ?? null;
  }
}
