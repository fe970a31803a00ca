import { BadRequestException, Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import type { User } from '../users/user.js';
import { UsersService } from '../users/users.service.js';

/** Verifies a username and a password, and sets `request.user`. The sign-in itself follows in the controller. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly users: UsersService) {
    super();
  }

  /** Verifies the types too: Passport passes the fields of the body unchecked. */
  async validate(username: unknown, password: unknown): Promise<User> {
    if (typeof username !== 'string' || typeof password !== 'string') {
      throw new BadRequestException('username and password must be strings');
    }
    const user = await this.users.authenticate(username, password);
    if (!user) throw new UnauthorizedException('Incorrect username or password.');
    return user;
  }
}
