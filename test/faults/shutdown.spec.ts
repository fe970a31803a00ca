import { PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite, signIn } from '../demo/support/demo-site.js';
import { recordFault } from './support/record.js';

const WRITERS = 8;

describe.each(PLATFORMS)('faults of the process, on %s', (platform) => {
  const env = { HTTP_ADAPTER: platform };
  let site: DemoSite;
  beforeAll(async () => {
    site = await DemoSite.open();
  });
  afterAll(() => site.close());

  test('an application that gets SIGTERM finishes running requests, keeps every confirmed write, and exits [F46]', async () => {
    const first = await site.start(env);
    const client = await signIn(first.client());
    const confirmed: number[] = [];
    let isOver = false;
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      const own = first.client(client.cookie);
      for (let value = 1; !isOver; value++) {
        try {
          const { status } = await own.put(`/api/data/field${writer}`, { value });
          if (status === 503) return; // from Fastify, while it closes
          expect(status).toBe(200);
          confirmed[writer] = value;
        } catch (error) {
          // Later the server no longer accepts connections.
          if ((error as { code?: string }).code === undefined) throw error;
          return;
        }
      }
    });
    while (confirmed.filter((count) => count > 3).length < WRITERS)
      await new Promise((resolve) => setImmediate(resolve));
    const startedAt = performance.now();
    const code = await first.stop('SIGTERM');
    const tookMs = performance.now() - startedAt;
    isOver = true;
    await Promise.all(writers);

    expect(code).not.toBeNull(); // the process exited by itself instead of being killed by the signal
    const second = await site.start(env);
    const { body } = await second.client(client.cookie).get('/api/data');
    const stored = body as Record<string, number>;

    // The response to the last write of each writer may be lost.
    for (const [writer, value] of confirmed.entries())
      expect([value, value + 1]).toContain(stored[`field${writer}`]);
    expect(tookMs).toBeLessThan(10_000);
    recordFault('F46', {
      client: 'responses to running requests; then connections are refused',
      slowestMs: tookMs,
    });
  });
});
