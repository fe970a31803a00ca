// JSON Web Tokens in the `Authorization` header, as the documentation of Nest shows them. For reference only: without a store
// a token cannot be revoked.
import { generateKeyPairSync } from 'node:crypto';
import { createParamDecorator, Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { jwtVerify, SignJWT } from 'jose';
import { SECRET } from './plain-session.mjs';

const LIFETIME = '15m';
const user = createParamDecorator((_data, context) => context.switchToHttp().getRequest().user);

/** @param verify returns a promise of a token's payload */
function guardOf(verify) {
  class Guard {
    async canActivate(context) {
      const request = context.switchToHttp().getRequest();
      const [type, token] = request.headers.authorization?.split(' ') ?? [];
      if (type !== 'Bearer') throw new UnauthorizedException();
      try {
        request.user = await verify(token);
      } catch {
        throw new UnauthorizedException();
      }
      return true;
    }
  }
  Injectable()(Guard);
  return Guard;
}

/** @param keys options of the module: a secret, or a pair of keys and its algorithm */
function nestJwt(keys) {
  let jwt;
  return {
    guard: guardOf((token) => jwt.verifyAsync(token)),
    session: user,
    imports: [JwtModule.register(keys)],
    mount: (app) => {
      jwt = app.get(JwtService);
    },
    signIn: async (_session, userId, fields) => ({
      accessToken: await jwt.signAsync({ sub: userId, ...fields }),
    }),
  };
}

export function jwtHs256() {
  return nestJwt({ secret: SECRET, signOptions: { expiresIn: LIFETIME } });
}

export function jwtEs256() {
  const pem = { publicKeyEncoding: { type: 'spki', format: 'pem' } };
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    ...pem,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return nestJwt({ ...keys, signOptions: { algorithm: 'ES256', expiresIn: LIFETIME } });
}

/** Uses the library jose, with HS256. */
export function jwtJose() {
  const secret = new TextEncoder().encode(SECRET);
  return {
    guard: guardOf(async (token) => (await jwtVerify(token, secret)).payload),
    session: user,
    signIn: async (_session, userId, fields) => {
      const token = new SignJWT(fields).setProtectedHeader({ alg: 'HS256' }).setSubject(userId);
      return { accessToken: await token.setIssuedAt().setExpirationTime(LIFETIME).sign(secret) };
    },
  };
}
