/**
 * The code of an error that the Redis server answered, such as `NOSCRIPT` or `WRONGTYPE`: by the protocol the first
 * word of the answer. `null` for errors that come from elsewhere.
 */
export function redisErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  return error.message.split(' ', 1)[0] ?? null;
}

/** What a key of another type holds is malformed, and so is absent. */
export async function nullIfOtherType<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (redisErrorCode(error) === 'WRONGTYPE') return null;
    throw error;
  }
}

/** An error without the command that it answers: its arguments may hold a password, or what is in a session. */
export function withoutCommand(error: unknown): unknown {
  if (error instanceof Error) Reflect.deleteProperty(error, 'command');
  return error;
}
