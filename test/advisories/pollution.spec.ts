import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { REDIS_URL } from '../support/app.js';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('./support/polluted.ts', import.meta.url));
const TYPESCRIPT = new URL('../support/typescript.mjs', import.meta.url).href;

/** Returns what a visitor sees in a separate process with a polluted `Object.prototype`. */
async function visit(platform: string): Promise<object> {
  const target = [REDIS_URL, `test:${randomUUID()}:`];
  const { stdout } = await run(process.execPath, ['--import', TYPESCRIPT, CHILD, platform, ...target]);
  const { who, ...outcome } = JSON.parse(stdout) as { who: string };
  return { ...outcome, who: JSON.parse(who) as unknown };
}

describe('a process with a polluted Object.prototype', () => {
  it.each(['Express', 'Fastify'])(
    'a process with a polluted Object.prototype reads no session, notice or user from it: on %s',
    async (platform) => {
      expect(await visit(platform)).toEqual({
        who: expect.objectContaining({
          ...{ userId: null, signedInAt: null, device: null, address: null },
          fields: { cart: ['kite'] },
        }) as unknown,
        me: 401,
        notice: false,
        by: null,
        principal: null,
      });
    },
  );
});
