import { BadRequestException, Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import type { User } from '../users/user.js';
import { UsersService } from '../users/users.service.js';

/** Checks a username and a password. Who is right is on `request.user` afterwards, signed in to nothing yet. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly users: UsersService) {
    super();
  }

  /** Passport hands over what the body has, of whatever type. */
  async validate(username: unknown, password: unknown): Promise<User> {
    if (typeof username !== 'string' || typeof password !== 'string') {
      throw new BadRequestException('username and password must be texts');
    }
    const user = await this.users.authenticate(username, password);
    if (!user) throw new UnauthorizedException('The username or the password is wrong.');
    return user;
  }
}
