// @fastify/session with connect-redis, set up as both recommend.
import fastifyCookie from '@fastify/cookie';
import fastifySessionPlugin from '@fastify/session';
import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';
import { plainSession, SECRET } from './plain-session.mjs';

/** Options; all others keep their defaults, such as `rolling`, which stores the session and sends its cookie with every response. */
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
