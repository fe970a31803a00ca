import { checkSessionOptions, type SessionModuleOptions, SessionOptionsError } from 'nestjs-redis-session';

/** Returns the names of the wrong options, in order. Takes what a JavaScript application may pass. */
export function wrongOptions(options: unknown): string[] {
  return checkSessionOptions(options as SessionModuleOptions)
    .map(({ option }) => option)
    .sort();
}

/** Returns the message of the `SessionOptionsError` that an action throws. */
export function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SessionOptionsError) return error.message;
    throw error;
  }
  throw new Error('No option was wrong.');
}
