/** The exit codes of all commands, with their meanings. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'the command did what it was asked to do' },
  negative: {
    code: 1,
    meaning:
      'the command ran, and its result is negative: a problem, a drift, no such session, not confirmed',
  },
  usage: { code: 2, meaning: 'an argument, an option or a file is invalid; nothing was sent to Redis' },
  unreachable: { code: 3, meaning: 'Redis is unreachable, loading, or rejects the connection' },
  failed: { code: 4, meaning: 'Redis failed or rejected a command while the command ran' },
  interrupted: { code: 130, meaning: 'the command was interrupted' },
} as const;

export type ExitReason = keyof typeof EXIT_CODES;
