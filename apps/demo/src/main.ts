import type { INestApplication } from '@nestjs/common';
import { ShutdownSignal } from '@nestjs/common';
import { createApp } from './app.factory.js';
import type { Settings } from './settings/settings.js';
import { readSettings } from './settings/settings.js';
import { describeStartFailure } from './start-failure.js';
import type { Storage } from './storage/storage.js';
import { openStorage } from './storage/storage.js';
import { DEMO_PASSWORD } from './users/demo-users.js';

const SIGNALS = [ShutdownSignal.SIGINT, ShutdownSignal.SIGTERM, ShutdownSignal.SIGHUP];

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  // Before the application exists, there is only the Redis server to stop, and it stops with this process.
  SIGNALS.forEach((signal) => process.once(signal, exit));
  const storage = await openStorage(settings);
  try {
    const app = await createApp(settings, storage);
    SIGNALS.forEach((signal) => process.off(signal, exit));
    app.enableShutdownHooks(SIGNALS, { useProcessExit: true });
    await app.listen(settings.port, settings.host);
    app.flushLogs();
    await announce(app, settings, storage);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

function exit(): never {
  process.exit(1);
}

async function announce(app: INestApplication, settings: Settings, storage: Storage): Promise<void> {
  const { demoUsers, httpAdapter } = settings;
  const more = demoUsers > 0 ? ` and user1 to user${demoUsers}` : '';
  console.log(`The demo is running at ${await app.getUrl()} (${httpAdapter})
  Users: alice, bob, solo (one session at a time), admin${more}. Every password is "${DEMO_PASSWORD}", and resets at each start.
  ${storage.description}
  To stop it, press Ctrl-C.`);
}

start().catch((error: unknown) => {
  console.error(describeStartFailure(error));
  process.exit(1);
});
