// The other process: ends the sessions whose ids it is sent.
import process from 'node:process';
import { Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';

const client = new Redis(process.argv[2]);
const store = new RedisStore(client, { prefix: 'bench:', deadlineMs: 5_000, noticeTtlMs: 60_000 });
await store.ping();
process.on('message', async ({ id }) => {
  const sentAt = performance.timeOrigin + performance.now();
  await store.destroy(id, { reason: 'revoked' });
  process.send({ sentAt });
});
process.on('disconnect', () => client.disconnect());
process.send({ ready: true });
