import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Injectable } from '@nestjs/common';
import type { User } from '../users/user.js';

/** Lets administrators in. It comes after the session guard, which has put the user on the request. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<{ user?: User }>();
    if (user?.role === 'admin') return true;
    throw new ForbiddenException('This is for administrators.');
  }
}
