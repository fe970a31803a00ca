/**
 * The code of an error that the Redis server answered, such as `NOSCRIPT` or `WRONGTYPE`: by the protocol the first
 * word of the answer. `null` for errors that come from elsewhere.
 */
export function redisErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  return error.message.split(' ', 1)[0] ?? null;
}
