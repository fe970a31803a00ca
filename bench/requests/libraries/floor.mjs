// The floor: the least code that can do the job of a session, by hand. No timeouts, no errors, no limit, no revocation.
// The cookie is found with indexOf and hashed with SHA-256; one record is read, and two of its fields are parsed.
import { hash, randomBytes } from 'node:crypto';
import { Session } from '@nestjs/common';
import { Redis } from 'ioredis';

const LIFETIME_MS = 30 * 60_000;

class Guard {
  canActivate(context) {
    return context.switchToHttp().getRequest().session !== null;
  }
}

/** Returns the key of the record that a `Cookie` header names, or null. */
function keyOf(cookies) {
  const start = cookies === undefined ? -1 : cookies.indexOf('sid=');
  if (start < 0) return null;
  const end = cookies.indexOf(';', start);
  return `floor:${hash('sha256', cookies.slice(start + 4, end < 0 ? undefined : end), 'base64url')}`;
}

/** Mounts the floor: as middleware on Express, and as a hook on Fastify. */
function mount(app, read) {
  const isFastify = app.getHttpAdapter().getType() === 'fastify';
  const load = async (request, response) => {
    response[isFastify ? 'header' : 'setHeader']('Vary', 'Cookie');
    const key = keyOf(request.headers.cookie);
    const record = key === null ? null : await read(key);
    request.session = record?.email
      ? { key, email: JSON.parse(record.email), roles: JSON.parse(record.roles) }
      : null;
  };
  if (isFastify)
    app.getHttpAdapter().getInstance().decorateRequest('session', null).addHook('onRequest', load);
  else app.use((request, response, next) => load(request, response).then(() => next(), next));
}

/** @param store `read(key)` and `create(key, record, userId)` of one kind of record */
function floorOn(store) {
  return {
    guard: Guard,
    session: Session,
    mount: (app) => mount(app, store.read),
    signIn: async (_session, userId, { email, roles }, { response }) => {
      const cookie = `sid=${randomBytes(32).toString('base64url')}`;
      await store.create(
        keyOf(cookie),
        { email: JSON.stringify(email), roles: JSON.stringify(roles) },
        userId,
      );
      response.header('Set-Cookie', `${cookie}; Path=/; HttpOnly; SameSite=Lax`);
    },
    write: (session, field, value) => store.write(session.key, field, JSON.stringify(value)),
  };
}

/** Keeps one hash per session, and a sorted set per user. A sign-in and a write are one script call each. */
export function floorHgetall(url) {
  const client = new Redis(url);
  client.defineCommand('createRecord', {
    numberOfKeys: 2,
    lua: `redis.call('HSET', KEYS[1], unpack(ARGV, 3))
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
      redis.call('ZADD', KEYS[2], ARGV[2], KEYS[1])
      return redis.call('PEXPIRE', KEYS[2], ARGV[1])`,
  });
  client.defineCommand('writeField', {
    numberOfKeys: 1,
    lua: `if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
      redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
      return 1`,
  });
  return floorOn({
    read: (key) => client.hgetall(key),
    create: (key, record, userId) => {
      const fields = ['user', userId, ...Object.entries(record).flat()];
      return client.createRecord(key, `floor:user:${userId}`, LIFETIME_MS, Date.now(), ...fields);
    },
    write: (key, field, value) => client.writeField(key, field, value),
  });
}

/** Keeps one string per session. */
export function floorGet(url) {
  const client = new Redis(url);
  return floorOn({
    read: async (key) => JSON.parse(await client.get(key)),
    create: (key, record) => client.set(key, JSON.stringify(record), 'PX', LIFETIME_MS),
  });
}

/** Keeps the sessions in a Map of this process. */
export function floorMap() {
  const records = new Map();
  return floorOn({ read: (key) => records.get(key), create: (key, record) => records.set(key, record) });
}
