// A process that keeps a number of operations of the store in flight. Argument: the URL of Redis, the number of this process.
import { once } from 'node:events';
import process from 'node:process';
import { Redis } from 'ioredis';
import { signInOf, storeOn } from '../store/sessions.mjs';

const SESSIONS = 5_000;
const AT_ONCE = 100;
const DEVICE = { device: 'Mobile Safari on iOS', address: '2001:db8::1' };
const LATER = { set: new Map([['roles', '["editor","author"]']]), remove: [] };

const [, , url, index] = process.argv;
let done = 0;
let next = 0;
const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
await once(client, 'ready');
const reader = await trackingReader();
const store = storeOn(client);
const records = await signInAll();

const OPERATIONS = {
  read: () => store.load(anyRecord().id),
  // A store that is new does not remember the session.
  firstRead: () => storeOn(client).load(anyRecord().id, { onAbsent: () => undefined }),
  trackedRead: () => {
    const key = keyOf(anyRecord().id);
    return reader.pipeline().hgetall(key).pttl(key).exec();
  },
  touch: () => store.touch(anyRecord()),
  write: () => store.commit(anyRecord(), LATER, { keepActivity: true }),
  signIn: () => store.signIn(newSignIn()),
  signInAndOut: async () => {
    const { id } = (await store.signIn(newSignIn())).record;
    await store.destroy(id, { reason: 'signed-out' });
  },
};

process.on('message', async (message) => {
  if (message === 'count') return process.send({ count: done });
  const { operation, inFlight, ms } = message;
  const endsAt = performance.now() + ms;
  const run = async () => {
    while (performance.now() < endsAt) {
      await OPERATIONS[operation]();
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, run));
  process.send({ finished: operation });
});
process.on('disconnect', () => process.exit());
process.send({ isReady: true });

async function signInAll() {
  const signedIn = [];
  while (signedIn.length < SESSIONS) {
    const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, () => store.signIn(newSignIn())));
    for (const { record } of outcomes) signedIn.push(record);
  }
  return signedIn;
}

function newSignIn() {
  next += 1;
  return { ...signInOf(`user-${index}-${next}`), ...DEVICE };
}

function anyRecord() {
  next += 1;
  return records[next % records.length];
}

/** Opens the connections of a process with the cache: one that reads, and one that receives invalidations. */
async function trackingReader() {
  const [push, tracked] = [new Redis(url, { protocol: 2 }), new Redis(url, { protocol: 2 })];
  const id = await push.client('ID');
  await push.subscribe('__redis__:invalidate');
  await tracked.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id);
  return tracked;
}

function keyOf(id) {
  return `session:{${id.slice(0, 3)}}:${id.slice(3)}`;
}
