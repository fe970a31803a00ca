import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import {
  type EndNotice,
  RedisStore,
  type SessionId,
  type SessionRecord,
  type SignInSource,
} from 'nestjs-redis-session';
import { mintToken, randomShard, rotationKeys, sessionIdOf, shardOfUser } from 'nestjs-redis-session/core';
import { read } from '../../scripts/docs.mjs';
import { RedisKeys, runScript, SCRIPT_NAMES } from '../support/white-box.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';

const PAGE = 'docs/reference/redis-schema.md';
const SCRIPTS = 'libs/session/src/redis/scripts';
const PREFIX = 'page:';
const page = read(PAGE);

/** First cells of the rows of the page's tables that contain code. */
const rows = [...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, cell]) => cell as string);

/** Returns the letters that the library reserves, from lines such as `name: 'x',` in its source. */
function reservedLetters(source: string): string[] {
  return [...source.matchAll(/^ {2}\w+: '(\w)',$/gm)].map(([, letter]) => letter as string);
}

/** Returns the names of the elements of lists, from lines such as `facts: ['version', 'createdAt'],` in the source. */
function elementNames(source: string): string[] {
  const lists = [...source.matchAll(/^ {2}\w+: \[(('\w+'(, )?)+)\],$/gm)].map(([, list]) => list as string);
  return lists.flatMap((list) => [...list.matchAll(/\w+/g)].map(([name]) => name));
}

describe('the page of the schema in Redis', () => {
  it('the page lists exactly the reserved fields', () => {
    const letters = reservedLetters(read('libs/session/src/redis/record.ts'));
    expect(letters.length).toBe(7);
    expect(rows.filter((cell) => cell.length === 1).sort()).toEqual(letters.sort());
  });

  it('a new reserved field is missing on the page', () => {
    expect(reservedLetters("const FACTS = {\n  version: 'v',\n  colour: 'z',\n} as const;")).toEqual([
      'v',
      'z',
    ]);
  });

  it('the page lists exactly the elements of the lists in reserved fields', () => {
    const names = elementNames(read('libs/session/src/redis/record.ts'));
    expect(names.length).toBe(14);
    const listed = rows.filter(
      (cell) => /^[a-z]\w+$/i.test(cell) && !(SCRIPT_NAMES as string[]).includes(cell),
    );
    expect(listed.sort()).toEqual(names.sort());
  });

  it('the page lists exactly the scripts', () => {
    const files = readdirSync(join(import.meta.dirname, '../..', SCRIPTS)).map((name) =>
      name.replace('.lua', ''),
    );
    expect(files.filter((name) => name !== 'prelude').sort()).toEqual([...SCRIPT_NAMES].sort());
    expect(rows.filter((cell) => files.includes(cell) || /^[a-z]+_[a-z_]+$/.test(cell)).sort()).toEqual(
      [...SCRIPT_NAMES].sort(),
    );
  });

  it('the page lists every command that a script sends', () => {
    const sources = [...SCRIPT_NAMES, 'prelude'].map((name) => read(`${SCRIPTS}/${name}.lua`)).join('\n');
    const sent = new Set(
      [...sources.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, command]) => command as string),
    );
    expect([...sent].filter((command) => !permitted().includes(command))).toEqual([]);
  });
});

/** Returns the commands that a Redis user needs according to the page. */
function permitted(): string[] {
  const [, sentence = ''] = /Redis user needs access to (.*)$/m.exec(page) ?? [];
  return [...sentence.matchAll(/`([A-Z]+)`/g)].map(([, command]) => command as string);
}

describe('the contents of Redis', () => {
  let server: RedisServer;
  let admin: Redis;
  let user: Redis;
  let store: RedisStore;

  beforeAll(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url);
    const commands = permitted().map((command) => `+${command.toLowerCase()}`);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', `~${PREFIX}*`, '-@all', ...commands);
    user = new Redis({ port: server.port, username: 'app', password: 'secret' });
    store = new RedisStore(user, { prefix: PREFIX, deadlineMs: 1000, noticeTtlMs: 60_000 });
  });

  afterAll(async () => {
    await user.quit();
    admin.disconnect();
    await server.stop();
  });

  const timeouts = { idleMs: 60_000, absoluteMs: 600_000 };
  const signedOut: EndNotice = { reason: 'signed-out' };
  const newId = (shard = randomShard()): SessionId => sessionIdOf(mintToken(shard));

  async function signIn(
    replaces: SessionRecord | null = null,
    source?: SignInSource,
  ): Promise<SessionRecord> {
    const outcome = await store.signIn({
      id: newId(shardOfUser('alice')),
      userId: 'alice',
      device: 'Firefox on Linux',
      address: '192.0.2.1',
      timeouts,
      persistent: true,
      limit: { max: 2, onExceed: 'evict-oldest' },
      replaces: replaces && { id: replaces.id, keepData: true },
      createdAt: null,
      changes: { set: new Map([['cart', '["kite"]']]), remove: [] },
      source,
    });
    if (outcome.status === 'rejected') throw new Error('the sign-in was rejected');
    return outcome.record;
  }

  /** Runs each operation of the module at least once. */
  async function doEverything(): Promise<void> {
    await store.ping();
    const visitor = await store.create({ id: newId(), timeouts, persistent: false, fields: new Map() });
    await store.destroy(visitor.id, signedOut);
    expect(await store.endOf(visitor.id)).toMatchObject(signedOut);
    await signIn();
    await signIn(await signIn());
    const source = { digest: 'd'.repeat(22), nonce: 'nonce', keptForMs: 60_000 };
    expect((await signIn(null, source)).id).toBe((await signIn(null, source)).id);
    const record = (await store.regenerate({
      from: await signIn(),
      to: newId(shardOfUser('alice')),
      keepData: false,
    }))!;
    expect(await store.touch(record)).toBe(true);
    expect(await store.increment(record, 'visits', 1)).toEqual({ status: 'incremented', value: 1 });
    expect(await store.compareAndSet(record, 'cart', null, '[]')).toEqual({ status: 'set' });
    const keys = rotationKeys();
    const rotation = await store.rotate({ record, from: record.id.slice(3), to: 'x'.repeat(22), keys });
    await store.confirmRotation({ ...record, rotation }, 1000);
    expect(await store.list('alice')).toHaveLength(2);
    expect(await store.revokeAll('alice', { reason: 'revoked' }, record.id)).toHaveLength(1);
    expect(await store.load(record.id)).not.toBeNull();
    await signIn();
    await cutOff('alice');
    await runScript(user, 'lease', [new RedisKeys(PREFIX).lease('figures')], ['holder', 60_000]);
  }

  /** Runs the first of the steps that end all sessions of a user. */
  async function cutOff(userId: string): Promise<void> {
    const [names, shard] = [new RedisKeys(PREFIX), shardOfUser(userId)];
    const keys = [
      names.index(shard, userId),
      names.cut(shard, userId),
      names.sessionsOf(shard),
      names.goneOf(shard),
    ];
    await runScript(user, 'revoke_all', keys, ['{"reason":"revoked"}', 60_000, '', 1, 0]);
    await signIn();
  }

  it('the module uses only the commands on the page and its own keys', async () => {
    await doEverything();
  });

  it('every key and field in Redis is named on the page, and every key has a lifetime', async () => {
    const forms = rows.filter((cell) => cell.startsWith('<prefix>')).map((form) => asPattern(form));
    expect(forms).toHaveLength(6);
    const seen = new Set<number>();
    for (const key of await admin.keys('*')) {
      const form = forms.findLastIndex((pattern) => pattern.test(key));
      expect({ key, form }).not.toEqual({ key, form: -1 });
      seen.add(form);
      expect(await admin.pttl(key)).toBeGreaterThan(0);
      expect(await admin.type(key)).toBe(['hash', 'zset', 'zset', 'string', 'string', 'string'][form]);
      if (form !== 0) continue;
      const fields = Object.keys(await admin.hgetall(key)).filter((name) => !name.startsWith('.'));
      expect(fields.filter((name) => !rows.includes(name))).toEqual([]);
    }
    expect(seen).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  function asPattern(form: string): RegExp {
    const parts: Record<string, string> = {
      '<prefix>': PREFIX,
      '<shard>': '[\\w-]{3}',
      '<handle>': '[\\w-]{22}',
      '<user>': '.+',
      '<name>': '[a-z-]+',
    };
    const pattern = form.replaceAll(/[{}]/g, '\\$&').replaceAll(/<\w+>/g, (name) => parts[name] as string);
    return new RegExp(`^${pattern}$`);
  }
});
