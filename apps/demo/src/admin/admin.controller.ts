import { Controller, Delete, Get, NotFoundException, Param, UseGuards } from '@nestjs/common';
import type { SessionInfo } from 'nestjs-redis-session';
import { SessionService } from 'nestjs-redis-session';
import { UsersService } from '../users/users.service.js';
import { AdminGuard } from './admin.guard.js';

@Controller('api/admin/users/:id/sessions')
@UseGuards(AdminGuard)
export class AdminController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: UsersService,
  ) {}

  @Get()
  list(@Param('id') id: string): Promise<SessionInfo[]> {
    return this.sessions.list(this.userId(id));
  }

  @Delete()
  async revokeAll(@Param('id') id: string): Promise<{ revoked: number }> {
    return { revoked: await this.sessions.revokeAll(this.userId(id)) };
  }

  private userId(id: string): string {
    const user = this.users.find(id);
    if (!user) throw new NotFoundException('There is no such user.');
    return user.id;
  }
}
