/**
 * Advice about options of express-session, cookie-session, @fastify/session and connect-redis, and about options that
 * belong to a group, by the path that they would have here.
 */
const OTHER_NAMES: Readonly<Record<string, string>> = {
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
  rotateEvery: 'It is "rotation": { every }.',
  rotationGrace: 'It is "rotation": { grace }.',
  onTokenReuse: 'It is "rotation": { onReuse }.',
  maxBytes: 'It is "size": { max }.',
  warnBytes: 'It is "size": { warn }.',
  deadline: 'It is "outage": { deadline }.',
  onOutage: 'It is "outage": { policy }.',
  startup: 'It is "outage": { startup }.',
  unknownFields: 'It is "data": { unknownFields }.',
  values: 'It is "data": { values }.',
  keepDataOnSignIn: 'It is "data": { keepOnSignIn }.',
  silence: 'It is "redisChecks": { ignore }.',
  allowEviction: 'It is "redisChecks": { allowEviction }.',
  'cookie.maxAge': 'Set "absolute", and "persistent" here if the cookie is to outlive the browser.',
  'cookie.expires': 'Set "absolute", and "persistent" here if the cookie is to outlive the browser.',
  'cookie.originalMaxAge': 'Set "absolute", and "persistent" here if the cookie is to outlive the browser.',
  'cookie.priority': 'Leave it out.',
  'cookie.signed': 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  'cookie.secret': 'The cookie is not signed, because its token cannot be guessed. Leave it out.',
  'cookie.overwrite': 'Leave it out.',
};

/**
 * Returns advice about an unknown option, as a sentence.
 *
 * @param names the options of the same group
 */
export function remedyForUnknown(path: string, name: string, names: readonly string[]): string {
  const similar = names.find((known) => isAlike(known, name));
  if (similar !== undefined) return `Did you mean "${path}${similar}"?`;
  const full = path + name;
  if (Object.hasOwn(OTHER_NAMES, full)) return OTHER_NAMES[full] as string;
  return 'Correct the spelling or leave it out.';
}

/** Returns true if two names differ only in case, separators and one letter. */
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
