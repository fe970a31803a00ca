import { openTelemetry, prometheus } from 'nestjs-redis-session/telemetry';
import { setTimeout as wait } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { MemoryStore, SessionModule } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import { platforms, type Platform } from '../support/platforms.js';
import { until } from '../support/until.js';
import { DeskController } from './support/desk.js';
import { SlowController } from './support/slow.controller.js';
import { scraped } from './support/scraped.js';

/** More than the error with which a process knows the time of Redis. */
const APART_MS = 50;
const [express] = platforms as [Platform];

describe.each(['Redis', 'memory'])('counters of what sessions prevent, in %s', (kind) => {
  const registry = new Registry();
  const telemetry = prometheus({ registry });
  const limit = { max: 1, onExceed: 'evict-oldest' } as const;
  let app: TestApp;

  beforeAll(async () => {
    const controllers = [DeskController, SlowController];
    app = await startApp(express, {
      controllers,
      ...(kind === 'memory'
        ? { sessionModule: SessionModule.forRoot({ store: new MemoryStore(), telemetry, limit }) }
        : { session: { telemetry, limit } }),
    });
  });

  /** Returns how much the counters have grown while something ran. */
  async function addedBy(act: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = await scraped(registry);
    await act();
    const after = await scraped(registry);
    const grown = [...after].filter(
      ([name, value]) =>
        value > (before.get(name) ?? 0) && /_(refused|prevented|avoided|resolved)_total/.test(name),
    );
    return Object.fromEntries(grown.map(([name, value]) => [name, value - (before.get(name) ?? 0)]));
  }

  /** Runs something while a request of this browser is in its handler. */
  async function during(browser: ReturnType<TestApp['client']>, path: string, act: () => Promise<unknown>) {
    const slow = browser.post(path, {});
    await until('the request to arrive', 10_000, () => SlowController.waiting > 0);
    await act();
    SlowController.release();
    return slow;
  }

  it('a write after a sign-out counts as a late write and a prevented resurrection', async () => {
    const browser = app.client();
    await browser.post('/sign-in', { id: 'ada' });
    const cookie = browser.cookie;
    const added = await addedBy(() =>
      during(browser, '/slow-write', () => app.client().post('/sign-out', {}, { cookie })),
    );
    expect(added).toEqual({
      'session_late_writes_refused_total{session_end_reason="signed-out"}': 1,
      'session_resurrections_prevented_total{session_end_reason="signed-out"}': 1,
    });
  });

  it('a write beside a write of another request counts as a lost update that was avoided', async () => {
    const browser = app.client();
    await browser.post('/sign-in', { id: 'bob' });
    const cookie = browser.cookie;
    const added = await addedBy(() =>
      during(browser, '/slow-write', () => app.client().post('/write', { other: 1 }, { cookie })),
    );
    expect(added).toEqual({ session_lost_updates_avoided_total: 1 });
    const alone = await addedBy(async () => {
      await browser.post('/write', { other: 2 });
      await browser.post('/write', { other: 3, more: 'ü' });
      await browser.post('/write', { more: 'x' });
    });
    expect(alone).toEqual({});
    expect((await browser.get('/read')).body).toEqual({ late: true, other: 3, more: 'x' });
  });

  it('a sign-in at the limit that meets another one counts as a race that was resolved', async () => {
    await app.client().post('/sign-in', { id: 'eve' });
    await wait(APART_MS);
    const visitor = app.client();
    await visitor.post('/write', { cart: 1 });
    const added = await addedBy(() =>
      during(visitor, '/slow-sign-in', () => app.client().post('/sign-in', { id: 'eve' })),
    );
    expect(added).toEqual({ 'session_limit_races_resolved_total{session_sign_in_outcome="created"}': 1 });
    await wait(APART_MS);
    expect(await addedBy(() => app.client().post('/sign-in', { id: 'eve' }))).toEqual({});
  });
});

describe('the options of telemetry', () => {
  it('wrong options are rejected by name', () => {
    expect(() => openTelemetry({ live: '1ms' })).toThrow(
      "- live: expected a length of time from '1s' to '1h', or false, received \"1ms\". Leave it out for '30s'.",
    );
    expect(() => openTelemetry({ sessionIds: 1 as never })).toThrow('- sessionIds: expected true or false');
    expect(() => prometheus({ registry: {} as never })).toThrow(
      '- registry: expected a Registry of prom-client',
    );
    expect(() => prometheus({ url: 'x' } as never)).toThrow('- url: expected a known option');
    expect(() => prometheus(null as never)).toThrow(
      'prometheus(): expected an object of options, received null',
    );
  });
});
