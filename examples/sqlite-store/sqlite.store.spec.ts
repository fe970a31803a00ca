import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Database from 'better-sqlite3';
import { Session, SessionModule } from 'nestjs-redis-session';
import { capabilitiesOf, SessionUnavailableError } from 'nestjs-redis-session/core';
import {
  freshId,
  interleavings,
  LONG_TIMEOUTS,
  plainSignIn,
  sessionStoreConformance,
  storeRaces,
  TestClock,
} from 'nestjs-redis-session/testing';
import { SqliteStore, type SqliteStoreSettings } from './sqlite.store.js';

const NOTICE_TTL_MS = 1_000;
const MAX_BYTES = 64 * 1024;
const ANONYMOUS_MAX_BYTES = MAX_BYTES - 1_024;

let folder: string;
let files = 0;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'sqlite-store-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function newFile(): string {
  return join(folder, `${++files}.db`);
}

/** Returns the number of rows in all tables of a file. */
function countRows(file: string): number {
  const database = new Database(file, { readonly: true });
  const tables = ['sessions', 'notices', 'sources'];
  const count = tables.map((table) => `(SELECT count(*) FROM ${table})`).join(' + ');
  const rows = database.prepare(`SELECT ${count}`).pluck().get() as number;
  database.close();
  return rows;
}

// #region suites
/** Opens an empty store, with a clock that the suites can move. */
function open() {
  const file = newFile();
  const clock = new TestClock();
  const limits = { maxBytes: MAX_BYTES, anonymousMaxBytes: ANONYMOUS_MAX_BYTES };
  const store = new SqliteStore(file, { clock, noticeTtlMs: NOTICE_TTL_MS, ...limits });
  return Promise.resolve({
    store,
    noticeTtlMs: NOTICE_TTL_MS,
    ...limits,
    advance: (ms: number) => Promise.resolve(clock.advance(ms)),
    countKeys: () => Promise.resolve(countRows(file)),
    close: () => store.close(),
  });
}

describe('SqliteStore', () => {
  for (const { name, run } of sessionStoreConformance(open)) it(name, run);
});

describe('races on SqliteStore', () => {
  for (const { name, run } of storeRaces(open)) it(name, run);

  const random = interleavings(open, { rounds: 50 });
  it(random.name, random.run, 60_000);
});
// #endregion suites

describe('SqliteStore on a file', () => {
  let stores: SqliteStore[] = [];
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
  });
  function openStore(file: string, settings?: SqliteStoreSettings): SqliteStore {
    const store = new SqliteStore(file, settings);
    stores.push(store);
    return store;
  }

  it('offers every capability', () => {
    expect([...capabilitiesOf(openStore(newFile()))].sort()).toEqual([
      'bulk-revocation',
      'field-operations',
      'token-rotation',
    ]);
  });

  it('shares its sessions, limits and end reasons between the stores that open it', async () => {
    const file = newFile();
    const [one, other] = [openStore(file), openStore(file)];
    const first = plainSignIn('alice');
    await one.signIn(first);
    expect(await other.load(first.id)).toMatchObject({ userId: 'alice' });
    const second = { ...plainSignIn('alice'), limit: { max: 1, onExceed: 'evict-oldest' } as const };
    expect(await other.signIn(second)).toMatchObject({ status: 'signed-in', evicted: [first.id] });
    expect(await one.load(first.id)).toBeNull();
    expect(await one.endOf(first.id)).toMatchObject({ reason: 'evicted' });
  });

  it('lets only one of two stores sign in where the limit has room for one', async () => {
    const file = newFile();
    const limit = { max: 1, onExceed: 'reject' } as const;
    const outcomes = await Promise.all(
      [openStore(file), openStore(file)].map((store) => store.signIn({ ...plainSignIn('alice'), limit })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['rejected', 'signed-in']);
  });

  it('keeps nothing of a step that fails', async () => {
    const store = openStore(newFile(), { maxBytes: 100 });
    const first = plainSignIn('alice');
    await store.signIn(first);
    const large = { set: new Map([['note', 'x'.repeat(200)]]), remove: [] };
    const limit = { max: 1, onExceed: 'evict-oldest' } as const;
    const attempt = store.signIn({ ...plainSignIn('alice'), limit, changes: large });
    await expect(attempt).rejects.toMatchObject({ code: 'SESSION_TOO_LARGE' });
    expect(await store.load(first.id)).not.toBeNull();
    expect(await store.endOf(first.id)).toBeNull();
  });

  it('rejects with SessionUnavailableError while another program holds the lock', async () => {
    const file = newFile();
    const store = openStore(file, { busyTimeoutMs: 0 });
    const database = new Database(file);
    database.exec('BEGIN IMMEDIATE');
    const create = () =>
      store.create({ id: freshId(), timeouts: LONG_TIMEOUTS, persistent: false, fields: new Map() });
    await expect(create()).rejects.toBeInstanceOf(SessionUnavailableError);
    database.close();
    await expect(create()).resolves.toMatchObject({ userId: null });
  });

  it('treats a record that is no JSON as absent, and revokes it by its id', async () => {
    const file = newFile();
    const store = openStore(file);
    const intent = plainSignIn('alice');
    await store.signIn(intent);
    const database = new Database(file);
    database.prepare('UPDATE sessions SET record = ?').run('{"id":');
    database.close();
    expect(await store.load(intent.id)).toBeNull();
    expect(await store.list('alice')).toEqual([]);
    const limit = { max: 1, onExceed: 'reject' } as const;
    expect(await store.signIn({ ...plainSignIn('alice'), limit })).toMatchObject({ status: 'signed-in' });
    expect(await store.revoke(intent.id, { reason: 'revoked' }, 'alice')).toEqual({
      id: intent.id,
      userId: 'alice',
    });
  });

  it('loses its expired rows in steps of 500 for each table', async () => {
    const file = newFile();
    const clock = new TestClock();
    const store = openStore(file, { clock });
    const timeouts = { idleMs: 1_000, absoluteMs: 1_000 };
    for (let count = 0; count < 501; count++) {
      await store.create({ id: freshId(), timeouts, persistent: false, fields: new Map() });
    }
    await store.signIn(plainSignIn('alice'));
    clock.advance(2_000);
    expect(countRows(file)).toBe(502);
    expect(store.sweep()).toBe(true);
    expect(countRows(file)).toBe(2);
    expect(store.sweep()).toBe(false);
    expect(await store.list('alice')).toHaveLength(1);
    expect(countRows(file)).toBe(1);
  });

  it('opens no file that another version of the schema wrote', () => {
    const file = newFile();
    const database = new Database(file);
    database.pragma('user_version = 7');
    database.close();
    expect(() => new SqliteStore(file)).toThrow('schema version 7');
  });
});

@Controller()
class CounterController {
  @Post('count')
  count(@Session() session: Session<{ count?: number }>) {
    session.count = (session.count ?? 0) + 1;
  }

  @Get('count')
  read(@Session() session: Session<{ count?: number }>) {
    return { count: session.count };
  }
}

it('an application with a SqliteStore keeps its sessions over a restart', async () => {
  const file = newFile();
  const start = async () => {
    const store = new SqliteStore(file);
    @Module({ imports: [SessionModule.forRoot({ store })], controllers: [CounterController] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    return { url: `${await app.getUrl()}/count`, close: () => app.close().then(() => store.close()) };
  };
  const before = await start();
  const response = await fetch(before.url, { method: 'POST' });
  const [cookie = ''] = response.headers.get('set-cookie')?.split(';') ?? [];
  await before.close();
  const after = await start();
  expect(await (await fetch(after.url, { headers: { cookie } })).json()).toEqual({ count: 1 });
  await after.close();
});
