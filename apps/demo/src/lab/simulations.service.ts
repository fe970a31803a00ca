import { Injectable } from '@nestjs/common';
import { SessionService } from 'nestjs-redis-session';
import { randomUUID } from 'node:crypto';
import { SIMULATED_USERS } from '../users/demo-users.js';
import { LabService } from './lab.service.js';
import { SIMULATED_DEVICES, Simulation } from './simulation.js';

/** The simulations in use, one per simulated user. When all users are taken, a new simulation replaces the oldest. */
@Injectable()
export class SimulationsService {
  private readonly simulations = new Map<string, Simulation>();
  private started = 0;

  constructor(
    private readonly lab: LabService,
    private readonly sessions: SessionService,
  ) {}

  async start(): Promise<Simulation> {
    const username = SIMULATED_USERS[this.started++ % SIMULATED_USERS.length] as string;
    for (const { id, username: taken } of this.simulations.values()) {
      if (taken === username) this.simulations.delete(id);
    }
    await this.sessions.revokeAll(username);
    const clients = SIMULATED_DEVICES.map((device) => ({
      device,
      browser: this.lab.browser(device),
      state: 'new' as const,
      answer: null,
    }));
    const simulation = new Simulation(randomUUID(), username, clients);
    this.simulations.set(simulation.id, simulation);
    return simulation;
  }

  find(id: string): Simulation | null {
    return this.simulations.get(id) ?? null;
  }
}
