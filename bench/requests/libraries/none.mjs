// No sessions: the same guard, which admits all requests, and the same handler over constant fields.
import { createParamDecorator } from '@nestjs/common';

const FIELDS = { email: 'user-1@example.com', roles: ['editor', 'reviewer'] };

class Guard {
  canActivate() {
    return true;
  }
}

export function none() {
  return { guard: Guard, session: createParamDecorator(() => FIELDS), signIn: () => Promise.resolve() };
}
