import {
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Query,
  UseGuards,
} from '@nestjs/common';
import type { SessionInfo } from 'nestjs-redis-session';
import { SessionService } from 'nestjs-redis-session';
import type { User } from '../users/user.js';
import { UsersService } from '../users/users.service.js';
import { AdminGuard } from './admin.guard.js';

@Controller('api/admin/users')
@UseGuards(AdminGuard)
export class AdminController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: UsersService,
  ) {}

  @Get()
  search(@Query('search') text: unknown): Promise<(User & { sessions: number })[]> {
    const found = this.users.search(typeof text === 'string' ? text : '');
    return Promise.all(
      found.map(async (user) => ({ ...user, sessions: await this.sessions.count(user.id) })),
    );
  }

  @Get(':id/sessions')
  list(@Param('id') id: string): Promise<SessionInfo[]> {
    return this.sessions.list(this.userId(id));
  }

  @Delete(':id/sessions')
  async revokeAll(@Param('id') id: string): Promise<{ revoked: number }> {
    return { revoked: await this.sessions.revokeAll(this.userId(id)) };
  }

  @Delete(':id/sessions/:session')
  @HttpCode(204)
  async revoke(@Param('id') id: string, @Param('session') sessionId: string): Promise<void> {
    if (await this.sessions.revoke(sessionId, { ownedBy: this.userId(id) })) return;
    throw new NotFoundException('This user has no session with this id.');
  }

  private userId(id: string): string {
    const user = this.users.find(id);
    if (!user) throw new NotFoundException('Unknown user.');
    return user.id;
  }
}
