import type { Answer } from '../../support/client.js';

/** Expects an error response: a status, a message, and the given fields of the body. */
export function expectError(
  answer: Pick<Answer, 'status' | 'body'>,
  status: number,
  body: object = {},
): void {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body });
  expect(answer.body).toHaveProperty('message');
}
