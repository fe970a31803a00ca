import { createRequire } from 'node:module';
import type { Authenticator } from 'passport';

/** The copy that Nest uses: passport-saml installs another one, with separate serializers. */
export const passport = createRequire(import.meta.resolve('@nestjs/passport'))('passport') as Authenticator;
