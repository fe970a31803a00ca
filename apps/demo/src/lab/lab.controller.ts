import { Body, Controller, Get, HttpCode, NotFoundException, Param, Post, Put } from '@nestjs/common';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { CurrentUser, Public } from 'nestjs-redis-session';
import { SignInChoices } from '../auth/auth.dto.js';
import { ATTACKS } from './attacks/index.js';
import type { AttackRun } from './lab.service.js';
import { LabService } from './lab.service.js';
import type { Simulation } from './simulation.js';
import { SIMULATED_DEVICES } from './simulation.js';
import { SimulationsService } from './simulations.service.js';

class DeviceChoice {
  @IsIn(SIMULATED_DEVICES.map(({ name }) => name))
  readonly device!: string;
}

class DeviceSignIn extends SignInChoices {
  @IsIn(SIMULATED_DEVICES.map(({ name }) => name))
  readonly device!: string;
}

class Note {
  @IsString()
  @MaxLength(100)
  readonly text!: string;
}

@Controller('api/lab')
export class LabController {
  /** The notes of users. To write a note is the protected function that the attacks try to reach. */
  private readonly notes = new Map<string, string>();

  constructor(
    private readonly lab: LabService,
    private readonly simulations: SimulationsService,
  ) {}

  @Get('attacks')
  @Public()
  attacks(): object {
    return ATTACKS.map(({ name, title, aim, plainNote }) => ({ name, title, aim, plainNote }));
  }

  @Post('attacks/:name')
  @Public()
  @HttpCode(200)
  run(@Param('name') name: string): Promise<AttackRun> {
    const attack = ATTACKS.find((each) => each.name === name);
    if (!attack) throw new NotFoundException('Unknown attack.');
    return this.lab.run(attack);
  }

  @Post('simulations')
  @Public()
  async start(): Promise<object> {
    return describe(await this.simulations.start());
  }

  @Post('simulations/:id/sign-in')
  @Public()
  @HttpCode(200)
  async signIn(@Param('id') id: string, @Body() { device, ...choices }: DeviceSignIn): Promise<object> {
    const simulation = this.simulation(id);
    return { answer: await simulation.signIn(device, choices), ...describe(simulation) };
  }

  @Post('simulations/:id/sign-out')
  @Public()
  @HttpCode(200)
  async signOut(@Param('id') id: string, @Body() { device }: DeviceChoice): Promise<object> {
    const simulation = this.simulation(id);
    await simulation.signOut(device);
    return describe(simulation);
  }

  @Get('note')
  note(@CurrentUser('id') userId: string): { text: string } {
    return { text: this.notes.get(userId) ?? '' };
  }

  @Put('note')
  write(@CurrentUser('id') userId: string, @Body() { text }: Note): { text: string } {
    this.notes.set(userId, text);
    return { text };
  }

  private simulation(id: string): Simulation {
    const simulation = this.simulations.find(id);
    if (simulation) return simulation;
    throw new NotFoundException('This simulation has ended: another visitor has started one. Start over.');
  }
}

function describe({ id, username, devices }: Simulation): object {
  return { id, username, devices };
}
