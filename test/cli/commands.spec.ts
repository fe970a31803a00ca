import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { RedisStore, type SessionRecord } from 'nestjs-redis-session';
import { handleOf, shardOf } from 'nestjs-redis-session/core';
import { freshId, LONG_TIMEOUTS, plainSignIn } from 'nestjs-redis-session/testing';
import { COMMANDS } from '../../libs/cli/src/commands/index.js';
import { runCli, runCliJson } from '../support/cli.js';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';

let server: RedisServer;
let client: Redis;
let prefix: string;
let store: RedisStore;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startRedisServer();
  client = new Redis(server.url);
});
afterAll(async () => {
  await client?.quit();
  await server?.stop();
});
beforeEach(async () => {
  await client.flushdb();
  prefix = `cli-${randomUUID()}:`;
  store = new RedisStore(client, { prefix, deadlineMs: 5_000, noticeTtlMs: 60_000 });
  env = { REDIS_URL: server.url, SESSION_PREFIX: prefix };
});

async function signIn(userId: string, details: object = {}): Promise<SessionRecord> {
  const outcome = await store.signIn({ ...plainSignIn(userId), ...details });
  if (outcome.status !== 'signed-in') throw new Error(`${userId} could not sign in`);
  return outcome.record;
}

function anonymous(): Promise<SessionRecord> {
  return store.create({
    id: freshId(),
    timeouts: LONG_TIMEOUTS,
    persistent: false,
    fields: new Map([['cart', '["kite"]']]),
  });
}

function keyOf({ id }: SessionRecord): string {
  return `${prefix}{${shardOf(id)}}:${handleOf(id)}`;
}

function indexOf({ id, userId }: SessionRecord): string {
  return `${prefix}{${shardOf(id)}}:u:${userId}`;
}

describe('nestjs-session help', () => {
  it('lists every command', async () => {
    const { code, stdout } = await runCli(['help']);
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(stdout).toContain(`  ${name} `);
  });

  it('shows the page of a command as a manual page', async () => {
    const { code, stdout } = await runCli(['help', 'doctor']);
    expect(code).toBe(0);
    for (const title of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES']) {
      expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'));
    }
    expect(stdout).not.toContain('\u001b');
  });

  it.each([
    [['bogus']],
    [['stats', '--bogus']],
    [['stats', '--sample', 'many']],
    [['revoke']],
    [['show', 'short']],
  ])('rejects %j with a sentence and the exit code 2', async (args) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: |^Error: /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('nestjs-session stats', () => {
  it('counts sessions, users and other keys with the prefix', async () => {
    await signIn('alice');
    await signIn('alice');
    const ended = await signIn('bob');
    await store.revoke(ended.id, { reason: 'revoked' }, null);
    await anonymous();
    await client.set('another:key', '1');
    const { code, data } = await runCliJson(['stats'], env);
    expect(code).toBe(0);
    expect(data).toMatchObject({
      sessions: 3,
      users: 1,
      keys: { session: 3, index: 1, notice: 1, unknown: 0 },
      sample: { size: 3, anonymousShare: 1 / 3, unreadable: 0 },
      servers: [{ version: expect.stringMatching(/^\d+\./) as string }],
    });
  });
});

describe('nestjs-session list and show', () => {
  it('list prints the sessions of a user, with text from outside made safe for the terminal', async () => {
    const record = await signIn('alice', { device: 'Fire\u001b[2Jfox', address: '192.0.2.1' });
    const { code, stdout } = await runCli(['list', 'alice'], env);
    expect(code).toBe(0);
    expect(stdout).toContain(record.id);
    expect(stdout).toContain('Fire\\u{1b}[2Jfox');
    expect(stdout).not.toContain('\u001b');
    expect((await runCli(['list', 'bob'], env)).code).toBe(1);
  });

  it('show prints names and sizes of fields, and neither values nor digests of tokens', async () => {
    const record = await anonymous();
    await store.rotate({
      record,
      from: handleOf(record.id),
      to: 'the-digest-of-a-token',
      keys: { nonce: 'a-nonce', tagKey: 'a-tag-key' },
    });
    const text = await runCli(['show', record.id], env);
    const json = await runCli(['show', record.id, '--json'], env);
    expect(text.stdout).toMatch(/cart\s+8 B/);
    for (const { code, stdout } of [text, json]) {
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/kite|the-digest|a-nonce|a-tag-key/);
    }
  });

  it('show prints why a session ended, with the exit code 1', async () => {
    const { id } = await signIn('alice');
    await store.revoke(id, { reason: 'revoked' }, null);
    const { code, stdout } = await runCli(['show', id], env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^The session ended at .*: revoked\.$/m);
  });

  it('show rejects a token without repeating it', async () => {
    const token = 'a'.repeat(46);
    const { code, stdout, stderr } = await runCli(['show', token], env);
    expect(code).toBe(2);
    expect(stderr).toContain('received a token');
    expect(stdout + stderr).not.toContain(token);
  });
});

describe('nestjs-session revoke', () => {
  it('ends one session, also if its ID begins with a hyphen', async () => {
    const record = await anonymous();
    const withHyphen = { ...record, id: `-${freshId().slice(1)}` as SessionRecord['id'] };
    await client.rename(keyOf(record), keyOf(withHyphen));
    const { code, data } = await runCliJson(['revoke', withHyphen.id, '--yes'], env);
    expect({ code, data }).toEqual({ code: 0, data: { ended: 1, dryRun: false } });
    expect(await client.exists(keyOf(withHyphen))).toBe(0);
    expect((await runCli(['revoke', withHyphen.id, '--yes'], env)).code).toBe(1);
  });

  it('ends a session that this version cannot read', async () => {
    const record = await anonymous();
    await client.hset(keyOf(record), 's', '[9]');
    expect((await runCli(['revoke', record.id, '--yes'], env)).code).toBe(0);
    expect(await client.exists(keyOf(record))).toBe(0);
  });

  it('ends nothing without a terminal and without --yes, or with --dry-run', async () => {
    const record = await signIn('alice');
    const unanswered = await runCli(['revoke', '--user', 'alice'], env);
    expect(unanswered.code).toBe(2);
    expect(unanswered.stderr).toContain('--yes');
    const { data } = await runCliJson(['revoke', '--user', 'alice', '--dry-run'], env);
    expect(data).toEqual({ ended: 0, wouldEnd: 1, dryRun: true });
    expect(await store.load(record.id)).not.toBeNull();
  });

  it('ends the sessions of one user but one', async () => {
    const [kept, ended, other] = [await signIn('alice'), await signIn('alice'), await signIn('bob')];
    const { data } = await runCliJson(['revoke', '--user', 'alice', '--except', kept.id, '--yes'], env);
    expect(data).toEqual({ ended: 1, dryRun: false });
    expect(await store.load(kept.id)).not.toBeNull();
    expect(await store.load(ended.id)).toBeNull();
    expect(await store.load(other.id)).not.toBeNull();
    expect(await store.endOf(ended.id)).toMatchObject({ reason: 'revoked' });
  });

  it('ends the sessions of everyone with the prefix', async () => {
    await signIn('alice');
    await anonymous();
    await client.set('another:key', '1');
    const { data } = await runCliJson(['revoke', '--everyone', '--yes'], env);
    expect(data).toMatchObject({ ended: 2 });
    expect(await client.exists('another:key')).toBe(1);
  });
});

describe('nestjs-session scan', () => {
  it('finds nothing wrong with what the module stores', async () => {
    await signIn('alice');
    await anonymous();
    const { code, data } = await runCliJson(['scan'], env);
    expect({ code, data }).toMatchObject({
      code: 0,
      data: { sessions: 2, layouts: { 1: 2 }, withoutExpiry: 0, unindexed: 0, orphans: 0, foreign: 0 },
    });
  });

  it('reports what is wrong, and repairs it with --fix only', async () => {
    const immortal = await signIn('immortal');
    const dueAt = await client.pexpiretime?.(keyOf(immortal));
    await client.persist(keyOf(immortal));
    await client.persist(indexOf(immortal));
    const unindexed = await signIn('unindexed');
    await client.del(indexOf(unindexed));
    const orphaned = [await signIn('orphaned'), await signIn('orphaned')] as const;
    await client.del(keyOf(orphaned[0]));
    await client.set(`${prefix}foreign`, '1');

    const wrong = { withoutExpiry: 2, unindexed: 1, orphans: 1, foreign: 1 };
    expect(await runCliJson(['scan'], env)).toMatchObject({ code: 1, data: { ...wrong, fixed: 0 } });
    expect(await client.pttl(keyOf(immortal))).toBe(-1);
    expect(await runCliJson(['scan', '--fix', '--yes'], env)).toMatchObject({
      code: 0,
      data: { ...wrong, fixed: 4 },
    });

    if (dueAt !== undefined) expect(await client.pexpiretime(keyOf(immortal))).toBe(dueAt);
    expect(await client.pttl(keyOf(immortal))).toBeGreaterThan(0);
    expect(await client.pttl(indexOf(immortal))).toBeGreaterThan(0);
    expect(await store.load(unindexed.id)).toBeNull();
    expect(await client.zscore(indexOf(orphaned[0]), handleOf(orphaned[0].id))).toBeNull();
    expect(await store.load(orphaned[1].id)).not.toBeNull();
    expect(await runCliJson(['scan'], env)).toMatchObject({ code: 0 });
  });

  it('reports sessions of another layout, and keeps them', async () => {
    const record = await anonymous();
    await client.hset(keyOf(record), 's', '[9,1]');
    const { code, data } = await runCliJson(['scan', '--fix', '--yes'], env);
    expect({ code, data }).toMatchObject({
      code: 1,
      data: { layouts: { 9: 1 }, unreadable: { 'other-layout': 1 } },
    });
    expect(await client.exists(keyOf(record))).toBe(1);
  });
});

describe('nestjs-session doctor', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'session-doctor-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('finds no error in a new Redis, and leaves no key behind', async () => {
    const { code, data } = await runCliJson<{ checks: { name: string; status: string }[] }>(['doctor'], env);
    expect(code).toBe(0);
    const checks = new Map(data.checks.map(({ name, status }) => [name, status]));
    for (const name of ['version', 'eviction', 'permissions', 'scripts', 'prefix', 'layout', 'expiry']) {
      expect([name, checks.get(name)]).toEqual([name, 'ok']);
    }
    expect(await client.dbsize()).toBe(0);
  });

  it('treats a warning as an error with --strict', async () => {
    // The servers of the tests have no persistence.
    expect((await runCli(['doctor', '--strict'], env)).code).toBe(1);
  });

  it('accepts the state that it has saved, and reports each drift', async () => {
    await signIn('alice');
    const file = join(folder, 'expect.json');
    expect((await runCli(['doctor', '--save', file], env)).code).toBe(0);
    expect((await runCli(['doctor', '--expect', file], env)).code).toBe(0);
    const saved = JSON.parse(await readFile(file, 'utf8')) as Record<string, object>;
    const changed = {
      ...saved,
      policy: 'allkeys-lru',
      memory: 1,
      versions: { ...saved['versions'], server: 'Redis 1' },
      acl: { rule: '~other:* +get' },
      lifetimes: { user: { idle: '1s', absolute: '2s' } },
    };
    await writeFile(file, JSON.stringify(changed));
    const { code, data } = await runCliJson<{ checks: { name: string; status: string; message: string }[] }>(
      ['doctor', '--expect', file],
      env,
    );
    const drifts = data.checks.filter(({ message }) => message.startsWith('drift: '));
    expect(code).toBe(1);
    expect(drifts.map(({ name }) => name)).toEqual([
      'expected policy',
      'expected memory',
      'expected versions.server',
      'expected acl.rule',
      'expected lifetimes.user.idle',
      'expected lifetimes.user.absolute',
    ]);
  });

  it('rejects an expectation with an unknown member', async () => {
    const file = join(folder, 'unknown.json');
    await writeFile(file, JSON.stringify({ acl: { rules: '+get' } }));
    const { code, stderr } = await runCli(['doctor', '--expect', file], env);
    expect(code).toBe(2);
    expect(stderr).toContain('expected one of user, rule in acl, received "rules"');
  });

  it('names the eviction policy and the permissions that are wrong', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await client.acl('SETUSER', 'lacking', 'on', '>secret', `~${prefix}*`, '+@all', '-hset', '-evalsha');
    try {
      const url = server.url.replace('redis://', 'redis://lacking:secret@');
      const { code, stdout } = await runCli(['doctor'], { ...env, REDIS_URL: url });
      expect(code).toBe(1);
      expect(stdout).toMatch(/error +eviction +.*noeviction/);
      expect(stdout).toMatch(/error +permissions +denied: (hset, evalsha|evalsha, hset)/);
      expect(stdout).not.toContain('secret');
    } finally {
      await client.config('SET', 'maxmemory-policy', 'noeviction');
      await client.acl('DELUSER', 'lacking');
    }
  });
});
