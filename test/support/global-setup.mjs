import process from 'node:process';
import { startRedisServer } from '../../scripts/redis-server.mjs';

/** Starts one real Redis for the whole run. Tests share it, so each uses a random key prefix. */
export default async function globalSetup() {
  const server = await startRedisServer();
  process.env.TEST_REDIS_URL = server.url;
  globalThis.stopSharedRedis = server.stop;
  // A run that is broken off never reaches the teardown.
  process.once('exit', () => killQuietly(server.pid));
}

function killQuietly(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has already ended.
  }
}
