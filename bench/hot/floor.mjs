// The least code that could do the job: find the cookie, hash it, read the record, parse two fields, set `Vary`.
import { hash, randomBytes } from 'node:crypto';

const NAME = 'sid=';
const records = new Map();

export function open(path) {
  const isSynchronous = path === 'cached' || path === 'unread';
  const load = isSynchronous ? (id) => records.get(id) : (id) => Promise.resolve(records.get(id));
  return { handle: handleWith(load), signIn, write };
}

function handleWith(load) {
  return (request, response, next) => {
    response.setHeader('Vary', 'Cookie');
    const id = idOf(request.headers.cookie);
    if (id === null) return next();
    const loaded = load(id);
    if (!(loaded instanceof Promise)) return start(request, loaded, next);
    loaded.then((record) => start(request, record, next));
  };
}

function start(request, record, next) {
  request.record = record;
  request.session = record && { email: JSON.parse(record.email), roles: JSON.parse(record.roles) };
  next();
}

function idOf(cookie) {
  const at = cookie === undefined ? -1 : cookie.indexOf(NAME);
  if (at < 0) return null;
  const end = cookie.indexOf(';', at);
  return hash('sha256', cookie.slice(at + NAME.length, end < 0 ? undefined : end), 'base64url');
}

async function signIn(_request, response, userId, fields) {
  const token = randomBytes(32).toString('base64url');
  const stored = Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]);
  const record = { userId, signedInAt: Date.now(), ...Object.fromEntries(stored) };
  await Promise.resolve(records.set(hash('sha256', token, 'base64url'), record));
  response.setHeader('Set-Cookie', `${NAME}${token}; Path=/; HttpOnly; SameSite=Lax`);
}

async function write(request, name, value) {
  request.session[name] = value;
  await Promise.resolve((request.record[name] = JSON.stringify(value)));
}
