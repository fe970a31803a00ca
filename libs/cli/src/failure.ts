import type { ExitReason } from './exit-codes.js';

/** Thrown to end the program with a sentence for the operator. The sentence names the remedy. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly reason: Exclude<ExitReason, 'ok'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Returns the failure of an invalid argument or option. */
export function usageFailure(message: string): Failure {
  return new Failure('usage', message);
}
