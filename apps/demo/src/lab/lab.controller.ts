import { Body, Controller, Get, HttpCode, NotFoundException, Param, Post, Put } from '@nestjs/common';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { CurrentUser, Public } from 'nestjs-redis-session';
import { SignInChoices } from '../auth/auth.dto.js';
import { ATTACKS } from './attacks/index.js';
import type { AttackRun } from './lab.service.js';
import { LabService } from './lab.service.js';
import type { Stage } from './stage.js';
import { STAGE_DEVICES } from './stage.js';
import { StagesService } from './stages.service.js';

class DeviceChoice {
  @IsIn(STAGE_DEVICES.map(({ name }) => name))
  readonly device!: string;
}

class StageSignIn extends SignInChoices {
  @IsIn(STAGE_DEVICES.map(({ name }) => name))
  readonly device!: string;
}

class Note {
  @IsString()
  @MaxLength(100)
  readonly text!: string;
}

@Controller('api/lab')
export class LabController {
  /** What the lab's own function does, which needs a sign-in: a note on the account of whoever is signed in. */
  private readonly notes = new Map<string, string>();

  constructor(
    private readonly lab: LabService,
    private readonly stages: StagesService,
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
    if (!attack) throw new NotFoundException('There is no such attack.');
    return this.lab.run(attack);
  }

  @Post('stages')
  @Public()
  async open(): Promise<object> {
    return describe(await this.stages.open());
  }

  @Post('stages/:id/sign-in')
  @Public()
  @HttpCode(200)
  async signIn(@Param('id') id: string, @Body() { device, ...choices }: StageSignIn): Promise<object> {
    const stage = this.stage(id);
    return { answer: await stage.signIn(device, choices), ...describe(stage) };
  }

  @Post('stages/:id/sign-out')
  @Public()
  @HttpCode(200)
  async signOut(@Param('id') id: string, @Body() { device }: DeviceChoice): Promise<object> {
    const stage = this.stage(id);
    await stage.signOut(device);
    return describe(stage);
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

  private stage(id: string): Stage {
    const stage = this.stages.find(id);
    if (!stage) throw new NotFoundException('This stage was taken over by somebody else. Open another one.');
    return stage;
  }
}

function describe({ id, username, devices }: Stage): object {
  return { id, username, devices };
}
