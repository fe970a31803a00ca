import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Injectable } from '@nestjs/common';
import type { User } from '../users/user.js';

/** Admits administrators only. Runs after the session guard, which sets the user of the request. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<{ user?: User }>();
    if (user?.role === 'admin') return true;
    throw new ForbiddenException('Only administrators may do this.');
  }
}
