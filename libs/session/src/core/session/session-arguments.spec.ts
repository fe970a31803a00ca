import { memoryApplication } from '../../../../../test/support/session-runtime.js';
import { SessionUsageError } from '../errors/errors.js';

async function sessionWith(data: Record<string, unknown> = {}) {
  const stage = memoryApplication();
  const context = await stage.app.request(null);
  Object.assign(context.session, data);
  return { ...stage, context, session: context.session };
}

/** Returns the arguments with which an operation calls its callback. */
function called(operation: (callback: (error?: unknown) => void) => void): Promise<unknown[]> {
  return new Promise((resolve) => operation((...args) => resolve(args)));
}

/** Returns the errors of a call, first by promise, then by callback. */
async function refusalsOf(call: (callback?: (error?: unknown) => void) => unknown): Promise<unknown[]> {
  const byCallback = new Promise((resolve) => {
    void call(resolve);
  });
  return [await Promise.resolve(call()).catch((error: unknown) => error), await byCallback];
}

describe('a call with invalid arguments', () => {
  const BAD = [null, 'x', 5, true, [], {}, Symbol('s')] as const;
  const CALLS = (['save', 'touch', 'reload', 'destroy'] as const).flatMap((name) =>
    BAD.map((bad) => [name, bad] as const),
  );

  it.each([
    ...CALLS,
    ...[null, 'x', 5, { keep: ['cart'] }, { keepData: 'yes' }, [1], ['cart', null]].map(
      (bad) => ['regenerate', bad] as const,
    ),
  ])('rejects a call with an invalid argument, by promise and by callback: %s(%p)', async (name, bad) => {
    const { session, context } = await sessionWith({ cart: [1] });
    const method = session[name].bind(session) as (...args: unknown[]) => unknown;
    const errors = await refusalsOf((callback) => (callback ? method(bad, callback) : method(bad)));
    for (const error of errors) {
      expect(error).toBeInstanceOf(SessionUsageError);
      expect((error as Error).message).toMatch(
        new RegExp(`^session\\.${name}\\(\\) expects nothing.* but received `),
      );
    }
    expect(context.session).toBe(session);
    expect(context.record).toBeNull();
  });

  it.each<[string, unknown[]]>([
    ['increment', []],
    ['increment', [null]],
    ['increment', ['visits', 1, 'more']],
    ['update', ['cart']],
    ['update', ['cart', { replaced: true }]],
    ['update', [5, () => 1]],
    ['update', ['cart', () => 1, 'more']],
  ])('rejects a call with missing or extra arguments: %s(%j)', async (name, args) => {
    const { session } = await sessionWith();
    const method = session[name as 'update'].bind(session) as unknown as (
      ...args: unknown[]
    ) => Promise<unknown>;
    await expect(method(...args)).rejects.toThrow(
      new RegExp(`^session\\.${name}\\(\\) expects the name of a field`),
    );
    expect(Object.keys(session)).toEqual([]);
  });

  it.each<[string, unknown[]]>([
    ['increment', ['visits', 1]],
    ['increment', ['visits']],
    ['update', ['cart', () => 1]],
  ])('passes the error to a callback that the method does not support: %s', async (name, args) => {
    const { session } = await sessionWith();
    const method = session[name as 'update'].bind(session) as (...args: unknown[]) => Promise<unknown>;
    expect(await called((callback) => void method(...args, callback).catch(() => undefined))).toEqual([
      expect.any(SessionUsageError),
    ]);
  });
});
