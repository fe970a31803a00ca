import { jest } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import {
  type CompleteStore,
  handleOf,
  rotationKeys,
  type SessionRecord,
  shardOf,
} from 'nestjs-redis-session/core';
import { RedisStore, type RedisTarget, SessionUnavailableError } from 'nestjs-redis-session';
import {
  fieldChanges,
  freshId,
  freshIdBeside,
  LONG_TIMEOUTS,
  plainSignIn,
} from 'nestjs-redis-session/testing';
import { asUser } from '../../docs/examples/topologies.js';
import { openRedis, type RedisConnection, RedisKeys } from '../support/white-box.js';
import { documentedCommands, PASSWORD, USER, userArgs } from '../support/access.js';
import { runCliJson } from '../support/cli.js';
import { HOST, RedisNode } from '../support/redis-node.js';

const PREFIX = 'session:';
const DEADLINE_MS = 5_000;
const SCRIPTS = new URL('../../libs/session/src/redis/scripts/', import.meta.url);
const { anywhere } = documentedCommands();

/** For what the client finds out when it connects: whether the server is loading, and whether it is the master. */
const AT_CONNECT = 'info';

let server: RedisNode;
let connection: RedisConnection;

beforeAll(async () => {
  server = await RedisNode.start({ args: userArgs(`${PREFIX}*`) });
  process.env['REDIS_HOST'] = HOST;
  process.env['REDIS_PORT'] = String(server.port);
  process.env['REDIS_PASSWORD'] = PASSWORD;
  connection = await openRedis(asUser().redis as RedisTarget, DEADLINE_MS, () => undefined);
});
afterAll(async () => {
  await connection?.close();
  await server?.stop();
});
beforeEach(() => server.ask('ACL', 'LOG', 'RESET'));

describe('the commands that a user of the module needs', () => {
  it('the required commands are those of the scripts and of the client, as the page lists them', () => {
    const inScripts = readdirSync(SCRIPTS).flatMap((file) =>
      [...readFileSync(new URL(file, SCRIPTS), 'utf8').matchAll(/redis\.p?call\('(\w+)'/g)].map(([, name]) =>
        (name as string).toLowerCase(),
      ),
    );
    const sent = ['time', 'get', 'hgetall', 'scan', 'evalsha', 'eval', AT_CONNECT];
    expect([...anywhere].sort()).toEqual([...new Set([...inScripts, ...sent])].sort());
  });

  it('every operation works with the required commands alone', async () => {
    await doEverything(storeAt(PREFIX));
    expect(await refused()).toEqual([]);
  });

  it('every operation works with exactly the permissions that the command acl prints', async () => {
    const { data } = await runCliJson<{ command: string; commands: string[] }>(
      ['acl', '--user', 'printed'],
      {},
    );
    expect([...data.commands].sort()).toEqual([...anywhere].sort());
    const [command, ...words] = data.command.split(' ');
    await server.ask(command as string, ...words);
    const target = { host: HOST, port: server.port, username: 'printed', password: 'PASSWORD' };
    const printed = await openRedis(target, DEADLINE_MS, () => undefined);
    try {
      await doEverything(
        new RedisStore(printed.client, { prefix: PREFIX, deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 }),
      );
      expect(await refused()).toEqual([]);
    } finally {
      await printed.close();
    }
  });

  it.each(anywhere.filter((name) => name !== AT_CONNECT))('operations fail without %s', async (name) => {
    await server.ask('SCRIPT', 'FLUSH');
    await server.ask('ACL', 'SETUSER', USER, `-${name}`);
    try {
      const failure = await doEverything(storeAt(PREFIX)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(SessionUnavailableError);
      expect(await refused()).toContain(name);
    } finally {
      await server.ask('ACL', 'SETUSER', USER, `+${name}`);
    }
  });

  it('the required commands do not grant access to keys with another prefix', async () => {
    await expect(doEverything(storeAt('other:'))).rejects.toThrow(SessionUnavailableError);
  });

  it('the command that is granted for connecting is used when a client connects', async () => {
    await server.ask('ACL', 'SETUSER', USER, `-${AT_CONNECT}`);
    const warn = jest.spyOn(console, 'warn').mockReturnValue(undefined);
    try {
      const other = await openRedis(asUser().redis as RedisTarget, DEADLINE_MS, () => undefined);
      await other.close();
      expect(await refused()).toContain(AT_CONNECT);
      expect(warn).toHaveBeenCalled(); // ioredis warns that its ready check failed
    } finally {
      warn.mockRestore();
      await server.ask('ACL', 'SETUSER', USER, `+${AT_CONNECT}`);
    }
  });
});

/** Returns the commands that the server has rejected since its log was last emptied. */
async function refused(): Promise<string[]> {
  const log = (await server.ask('ACL', 'LOG')) as string[][];
  return log.map((entry) => String(entry[entry.indexOf('object') + 1]));
}

function storeAt(prefix: string): RedisStore {
  return new RedisStore(connection.client, { prefix, deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 });
}

/** Calls each method of a store, including each branch of a script that needs a command of its own. */
async function doEverything(store: CompleteStore): Promise<void> {
  await store.ping();
  const id = freshId();
  await store.load(id);
  await store.endOf(id);
  const anonymous = await store.create({
    id,
    timeouts: LONG_TIMEOUTS,
    persistent: true,
    fields: new Map([['cart', '[]']]),
  });
  await store.commit(anonymous, fieldChanges({ seen: '1' }, ['cart']));

  // A field that stays counts towards the size limit, so the script reads its length.
  await store.commit(anonymous, fieldChanges({ seen: '1', more: '1' }, []));
  await store.commit(anonymous, fieldChanges({ more: '2' }, []));
  await store.regenerate({ from: anonymous, to: freshIdBeside(anonymous), keepData: false });
  const limit = { max: 2, onExceed: 'evict-oldest' } as const;
  const first = await signIn(store);
  const second = await signIn(store, { limit });
  await signIn(store, { limit, replaces: { id: second.id, keepData: true } });
  const record = await signIn(store, { limit });
  await store.load(first.id);
  await store.touch(record);
  await store.increment(record, 'visits', 1);
  await store.compareAndSet(record, 'visits', '1', null);
  await store.rotate({ record, from: handleOf(record.id), to: 'second', keys: rotationKeys() });
  await store.confirmRotation(record, 1_000);
  await fillIndex(record);
  await store.list('alice');
  await store.destroy(record.id, { reason: 'signed-out' });
  await store.destroy(record.id, { reason: 'signed-out' });
  await store.revokeAll('alice', { reason: 'revoked' }, null);
  await signIn(store);
  await store.revokeEveryone({ reason: 'revoked' }, { except: null, signedInBefore: null }, () => undefined);
}

/** Adds more entries to an index than one script reads at once. */
async function fillIndex({ id, userId }: SessionRecord): Promise<void> {
  const entries = Array.from({ length: 120 }, (_, number) => [-1 - number, `@entry${number}`]);
  await server.ask('ZADD', new RedisKeys(PREFIX).index(shardOf(id), userId), ...entries.flat());
}

async function signIn(store: CompleteStore, details: object = {}): Promise<SessionRecord> {
  const outcome = await store.signIn({ ...plainSignIn('alice'), ...details });
  if (outcome.status !== 'signed-in') throw new Error('alice could not sign in');
  return outcome.record;
}
