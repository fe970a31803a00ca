import { setTimeout as delay } from 'node:timers/promises';
import { type Redis } from 'ioredis';
import { SESSION_REDIS, SESSION_STORE, SessionModule } from 'nestjs-redis-session';
import type { CompleteStore } from 'nestjs-redis-session/core';
import { redis, REDIS_URL, startApp } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { until } from '../support/until.js';
import { Stage, staged } from '../support/stage.js';

onEachPlatform((platform) => {
  const stage = new Stage();
  const start = (connectionName: string) =>
    startApp(platform, {
      ...staged(stage),
      sessionModule: SessionModule.forRoot({
        // Otherwise ioredis keeps a timer for two seconds after it gives up, and Jest waits for it.
        redis: { url: REDIS_URL, options: { connectionName, disconnectTimeout: 50 } },
        prefix: `test:${connectionName}:`,
      }),
    });
  const connections = async (name: string) =>
    String(await redis().client('LIST'))
      .split('\n')
      .filter((line) => line.includes(`name=${name} `)).length;

  test('app.close() closes the connection that the module opened, and leaves no timer behind', async () => {
    const name = `closing-${platform.name}`;
    await redis().ping(); // its own connection stays open
    const before = refs();
    const app = await start(name);
    await app.client().post('/stage/any');
    expect(await connections(name)).toBe(1);
    const client = app.app.get<Redis>(SESSION_REDIS);
    await app.app.close();

    expect(await connections(name)).toBe(0);
    await until(
      'the connection is closed',
      3_000,
      () => client.status === 'end' && refs().length <= before.length,
    );
    expect(log.recent('error')).toEqual([]);
  });

  test('a request in progress when the application closes is answered, and its session is stored', async () => {
    const name = `draining-${platform.name}`;
    const app = await start(name);
    const browser = app.client();
    let began: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (began = resolve));
    stage.on('slow', async (session) => {
      began();
      await delay(60);
      session['saved'] = 'at the last moment';
      return { id: session.id };
    });
    const answer = browser.post('/stage/slow');
    await begun;
    const closed = app.app.close();

    const { status, body } = await answer;
    await closed;
    expect(status).toBe(200);
    const { id } = body as { id: string };
    expect(await redis().hget(`test:${name}:{${id.slice(0, 3)}}:${id.slice(3)}`, '.saved')).toContain(
      'last moment',
    );
    expect(log.recent('error')).toEqual([]);
  });

  test('app.close() leaves no timer behind even if Redis stopped first', async () => {
    const app = await start(`lost-${platform.name}`);
    app.app.get<Redis>(SESSION_REDIS).disconnect();

    await expect(app.app.close()).resolves.toBeUndefined();
  });

  test('app.close() closes a store of the application once, and stops the sweeper of the memory store', async () => {
    const app = await startApp(platform, { sessionModule: SessionModule.forRoot({ store: 'memory' }) });
    const store = app.app.get<CompleteStore>(SESSION_STORE);
    let closes = 0;
    const close = store.close.bind(store);
    store.close = () => (closes++, close());
    await app.app.close();

    expect(closes).toBe(1);
  });
});

/** Returns the resources that keep the process alive and can grow in number. */
function refs(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name.startsWith('TCP'))
    .sort();
}
