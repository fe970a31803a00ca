import { createRequire } from 'node:module';
import type { Authenticator } from 'passport';

/** The copy that Nest uses: passport-saml brings one of its own, which knows nothing of the other's serializers. */
export const passport = createRequire(import.meta.resolve('@nestjs/passport'))('passport') as Authenticator;
