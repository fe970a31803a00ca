/**
 * What to do about options that express-session, cookie-session, @fastify/session and connect-redis have, by the path
 * that they would have here.
 */
const OTHER_LIBRARIES: Readonly<Record<string, string>> = {
  secret: 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  secrets: 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  key: 'The name of the cookie is "cookie.name"; nothing is encrypted in it.',
  keys: 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  salt: 'The cookie holds a random token and nothing encrypted. Leave it out.',
  signed: 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  resave: 'Only changed fields are written. Leave it out.',
  saveUninitialized: 'A session is stored once something is written to it. Leave it out.',
  rolling: 'Activity extends a session by itself, up to "absolute". Leave it out.',
  unset: 'End a session with session.destroy(). Leave it out.',
  genid: 'Ids and tokens are made here. Leave it out.',
  idGenerator: 'Ids and tokens are made here. Leave it out.',
  proxy: "Set the platform's own trust proxy.",
  client: 'The client belongs to "redis".',
  url: 'The URL belongs to "redis".',
  host: 'The address belongs to "redis": { host, port }.',
  port: 'The address belongs to "redis": { host, port }.',
  name: 'The name of the cookie is "cookie.name".',
  cookieName: 'The name of the cookie is "cookie.name".',
  sessionName: 'The session is always request.session. Leave it out.',
  ttl: 'The idle timeout is "idle", the longest life "absolute", each with its unit: \'30m\'.',
  disableTouch: "Activity is recorded by itself. idle: 'none' has no idle timeout.",
  maxAge:
    'The longest life of a session is "absolute"; "cookie.persistent" lets the cookie outlive the browser.',
  expires:
    'The longest life of a session is "absolute"; "cookie.persistent" lets the cookie outlive the browser.',
  expiry: 'The longest life of a session is "absolute", with its unit: \'12h\'.',
  scanCount: 'Leave it out.',
  serializer: 'Fields are stored as JSON. Leave it out.',
  isGlobal: 'It belongs beside "useFactory", "useClass" or "useExisting".',
  secure: 'It belongs to "cookie": { secure }.',
  httpOnly: 'It belongs to "cookie": { httpOnly }.',
  sameSite: 'It belongs to "cookie": { sameSite }.',
  domain: 'It belongs to "cookie": { domain }.',
  path: 'It belongs to "cookie": { path }.',
  persistent: 'It belongs to "cookie": { persistent }.',
  max: 'It belongs to "limit": { max, onExceed }.',
  onExceed: 'It belongs to "limit": { max, onExceed }.',
  'cookie.maxAge': 'Set "absolute", and "persistent" here if the cookie is to outlive the browser.',
  'cookie.expires': 'Set "absolute", and "persistent" here if the cookie is to outlive the browser.',
  'cookie.originalMaxAge': 'Set "absolute", and "persistent" here if the cookie is to outlive the browser.',
  'cookie.priority': 'Leave it out.',
  'cookie.signed': 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  'cookie.secret': 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  'cookie.overwrite': 'Leave it out.',
};

/**
 * What to do about an option that is not known here.
 *
 * @param names the options of the same group
 */
export function remedyForUnknown(path: string, name: string, names: readonly string[]): string {
  const similar = names.find((known) => isAlike(known, name));
  if (similar !== undefined) return `Did you mean "${path}${similar}"?`;
  const full = path + name;
  if (Object.hasOwn(OTHER_LIBRARIES, full)) return OTHER_LIBRARIES[full] as string;
  return 'Correct the spelling or leave it out.';
}

/** Whether two names differ in nothing but case, separators and one letter. */
function isAlike(one: string, other: string): boolean {
  const [a, b] = [plain(one), plain(other)];
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length < 4 || long.length - short.length > 1) return false;
  const at = [...short].findIndex((letter, index) => letter !== long[index]);
  if (at < 0) return true;
  return short.slice(short.length === long.length ? at + 1 : at) === long.slice(at + 1);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z\d]/g, '');
}
