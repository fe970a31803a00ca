import type { Answer } from '../../support/client.js';

/** An error is answered with a status, a message, and what else the contract says. */
export function expectError(
  answer: Pick<Answer, 'status' | 'body'>,
  status: number,
  body: object = {},
): void {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body });
  expect(answer.body).toHaveProperty('message');
}
