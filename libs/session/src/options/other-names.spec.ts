import { messageOf } from '../../../../test/support/wrong-options.js';
import { resolveOptions, type ResolvedOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

/** Resolves options that a JavaScript application may pass. */
function resolveAny(options: unknown): ResolvedOptions {
  return resolveOptions(options as SessionModuleOptions);
}

describe('an unknown option', () => {
  it.each([
    ['secret', 'The cookie is not signed'],
    ['resave', 'Only changed fields are written.'],
    ['saveUninitialized', 'once something is written'],
    ['rolling', 'Activity extends a session by itself'],
    ['name', '"cookie.name"'],
    ['ttl', 'The idle timeout is "idle"'],
    ['maxAge', '"absolute"'],
    ['secure', 'It belongs to "cookie"'],
    ['isGlobal', 'It belongs beside "useFactory"'],
    ['constructor', 'Correct the spelling or leave it out.'],
    ['end_reasons', 'Did you mean "endReasons"?'],
    ['prefixx', 'Did you mean "prefix"?'],
    ['redid', 'Did you mean "redis"?'],
    ['ide', 'Correct the spelling or leave it out.'],
  ])('produces advice: %s', (name, remedy) => {
    const message = messageOf(() => resolveAny({ [name]: 1 }));
    expect(message).toContain(`- ${name}: expected a known option, received one of this name. `);
    expect(message).toContain(remedy);
  });

  it.each([
    ['maxAge', 'Set "absolute"'],
    ['samesite', 'Did you mean "cookie.sameSite"?'],
    ['signed', 'The cookie is not signed'],
  ])('produces advice: cookie.%s', (name, remedy) => {
    expect(messageOf(() => resolveAny({ cookie: { [name]: 1 } }))).toContain(remedy);
  });

  it.each([
    ['rotateEvery', 'rotation', 'every'],
    ['rotationGrace', 'rotation', 'grace'],
    ['onTokenReuse', 'rotation', 'onReuse'],
    ['maxBytes', 'size', 'max'],
    ['warnBytes', 'size', 'warn'],
    ['deadline', 'outage', 'deadline'],
    ['onOutage', 'outage', 'policy'],
    ['startup', 'outage', 'startup'],
    ['unknownFields', 'data', 'unknownFields'],
    ['values', 'data', 'values'],
    ['keepDataOnSignIn', 'data', 'keepOnSignIn'],
    ['silence', 'redisChecks', 'ignore'],
    ['allowEviction', 'redisChecks', 'allowEviction'],
  ])('produces the new name of an option that moved into a group: %s', (name, group, member) => {
    const message = messageOf(() => resolveAny({ [name]: 1 }));
    expect(message).toContain(
      `- ${name}: expected a known option, received one of this name. It is "${group}": { ${member} }.`,
    );
  });
});
