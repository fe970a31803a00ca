import type { ModulesContainer } from '@nestjs/core';
import { SessionUsageError } from '../../core/errors/errors.js';

/** Marks the session module of any copy of this package. */
export const IS_SESSION_MODULE = Symbol.for('nestjs-redis-session:is-session-module');

/**
 * Rejects a second session module in one application. Both would serve every request, and a guard of one would accept a
 * user who is signed in to the other.
 *
 * @throws SessionUsageError
 */
export function checkIsSingle(modules: ModulesContainer): void {
  const count = [...modules.values()].filter(({ metatype }) => IS_SESSION_MODULE in metatype).length;
  if (count <= 1) return;
  throw new SessionUsageError(
    `SessionModule: expected one import of SessionModule.forRoot() or forRootAsync() in an application, received ${count}. ` +
      'Each would serve every request, with sessions of its own. Set sessions up in the root module alone: they are global. ' +
      'With isGlobal: false, keep what forRoot() returns in a constant, and import that wherever it is needed.',
  );
}
