// The common part of the libraries whose session is a plain object at `request.session`.
import { promisify } from 'node:util';
import { Session } from '@nestjs/common';

class Guard {
  canActivate(context) {
    return context.switchToHttp().getRequest().session.userId !== undefined;
  }
}

/** Signs a user in as the libraries' documentation advises: regenerates against fixation, then sets the fields. */
async function signIn(session, userId, fields, { request }) {
  await promisify(session.regenerate.bind(session))();
  Object.assign(request.session, { userId, ...fields });
}

export const SECRET = 'a secret of a measurement, which signs and seals its cookies';

function write(session, field, value) {
  session[field] = value;
}

export const plainSession = { guard: Guard, session: Session, signIn, write };
