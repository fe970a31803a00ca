// express-session with connect-redis, set up as both recommend.
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import { createClient } from 'redis';
import { plainSession, SECRET } from './plain-session.mjs';

/** Options; all others keep their defaults: connect-redis keeps a session for a day and extends it with every request. */
export async function expressOptions(url) {
  const client = await createClient({ url }).connect();
  return { store: new RedisStore({ client }), secret: SECRET, resave: false, saveUninitialized: false };
}

export async function expressSession(url) {
  const options = await expressOptions(url);
  return { ...plainSession, mount: (app) => app.use(session(options)) };
}
