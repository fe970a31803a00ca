// @fastify/session with connect-redis, set up as both recommend.
import fastifyCookie from '@fastify/cookie';
import fastifySessionPlugin from '@fastify/session';
import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';
import { plainSession, SECRET } from './plain-session.mjs';

/** Beside these the defaults are left: `rolling`, which stores the session anew and sends its cookie with every answer. */
export async function fastifySession(url) {
  const client = await createClient({ url }).connect();
  const options = {
    store: new RedisStore({ client }),
    secret: SECRET,
    saveUninitialized: false,
    cookie: { secure: false },
  };
  return {
    ...plainSession,
    mount: async (app) => {
      await app.register(fastifyCookie);
      await app.register(fastifySessionPlugin, options);
    },
  };
}
