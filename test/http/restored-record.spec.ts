import { setTimeout as wait } from 'node:timers/promises';
import type { SessionInfo } from 'nestjs-redis-session';
import { redis } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { signIn, startGuarded } from './guarded.app.js';

onEachPlatform((platform) => {
  test('after a restore, a token that was exchanged after the backup is unknown, and the one before it valid', async () => {
    const app = await startGuarded(platform, { rotation: { every: '100ms', grace: '50ms' } });
    const browser = app.client();
    const key = app.keyOf(((await signIn(browser)).body as SessionInfo).id);
    const before = browser.copy();
    const backup = await redis().dumpBuffer(key);
    const lifetimeMs = await redis().pttl(key);
    do {
      await wait(100);
      expect((await browser.get('/account/me')).status).toBe(200);
    } while (browser.cookie === before.cookie);

    await redis().restore(key, lifetimeMs, backup, 'REPLACE');
    const after = browser.copy();

    expect(await after.get('/account/me')).toMatchObject({ status: 401 });
    expect((await before.get('/account/me')).status).toBe(200);
  });
});
