import type { INestApplication } from '@nestjs/common';
import { freePort } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { load, startRedisForExamples, stopExamples } from './support/run-example.js';

beforeAll(startRedisForExamples);
afterAll(stopExamples);

describe('the application of the guide behind a load balancer', () => {
  it('serves after the signal to stop, reports that it is not ready, and closes its port at the end', async () => {
    const { start } = await load<{ start: (port: number) => Promise<INestApplication> }>('load-balancer');
    const port = await freePort();
    const app = await start(port);
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/ready`)).status;
    expect(await ready()).toBe(200);

    const closed = (app as INestApplication & { close(signal: string): Promise<void> }).close('SIGTERM');
    await until('a process that is not ready', 3_000, async () => (await ready()) === 503);
    expect((await fetch(`http://127.0.0.1:${port}/elsewhere`)).status).toBe(404); // still served
    await closed;
    await expect(ready()).rejects.toThrow('fetch failed');
  });
});
