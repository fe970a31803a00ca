import { Watched } from '../../../../test/cache/support/watched-store.js';
import type { SessionRecord, CompleteStore, SignInIntent } from '../core/store/store.js';
import type { StoreOperation } from '../core/store/store.js';
import { mintToken, rotationKeys, sessionIdOf, shardOf, shardOfUser } from '../core/record/token.js';

const CHANGES = { set: new Map([['cart', '["boat"]']]), remove: [] };

let process: Watched;

beforeEach(() => {
  process = new Watched();
});
afterEach(() => process.close());

/** Returns a sign-in of a user who may have one session. */
function signIn(userId: string, replaces: SignInIntent['replaces'] = null): SignInIntent {
  return {
    id: sessionIdOf(mintToken(shardOfUser(userId))),
    userId,
    timeouts: { idleMs: 60_000, absoluteMs: 3_600_000 },
    persistent: false,
    limit: { max: 1, onExceed: 'evict-oldest' },
    replaces,
    createdAt: null,
    changes: { set: new Map(), remove: [] },
    device: null,
    address: null,
  };
}

async function signedIn(userId: string): Promise<SessionRecord> {
  const outcome = await process.shared.signIn(signIn(userId));
  if (outcome.status !== 'signed-in') throw new Error('rejected');
  await process.store.load(outcome.record.id);
  return outcome.record;
}

const WRITES: [StoreOperation, (store: CompleteStore, record: SessionRecord) => Promise<unknown>][] = [
  ['commit', (store, record) => store.commit(record, CHANGES)],
  ['increment', (store, record) => store.increment(record, 'visits', 1)],
  ['compareAndSet', (store, record) => store.compareAndSet(record, 'cart', '["kite"]', null)],
  ['touch', (store, record) => store.touch(record)],
  [
    'rotate',
    (store, record) => store.rotate({ record, from: record.id.slice(3), to: 'next', keys: rotationKeys() }),
  ],
  ['confirmRotation', (store, record) => store.confirmRotation(record, 30_000)],
  [
    'regenerate',
    (store, from) => store.regenerate({ from, to: sessionIdOf(mintToken(shardOf(from.id))), keepData: true }),
  ],
  ['destroy', (store, { id }) => store.destroy(id, { reason: 'destroyed' })],
  ['revoke', (store, { id }) => store.revoke(id, { reason: 'revoked' }, null)],
];

describe.each(WRITES)('%s', (operation, write) => {
  it(`${operation} drops the copy before it returns`, async () => {
    const record = await process.kept();
    await write(process.store, record);
    expect(process.copies.size).toBe(0);
    expect(await process.store.load(record.id)).toEqual(await process.shared.load(record.id));
  });

  it(`${operation} drops the copy if its reply is lost`, async () => {
    const record = await process.kept();
    process.behind.loseReply(operation);
    await expect(write(process.store, record)).rejects.toThrow();
    expect(process.copies.size).toBe(0);
    expect(await process.store.load(record.id)).toEqual(await process.shared.load(record.id));
  });

  it(`${operation} drops the copy of a read that took place during the write`, async () => {
    const record = await process.kept();
    const gate = process.behind.hold(operation);
    const writing = write(process.store, record);
    await gate.arrived;
    await process.store.load(record.id);
    expect(process.copies.size).toBe(1);
    gate.open();
    await writing;
    expect(process.copies.size).toBe(0);
  });
});

describe('signIn', () => {
  it('signIn drops the copies of the sessions that it evicts', async () => {
    const evicted = await signedIn('alice');
    const stays = await signedIn('bob');
    await process.store.signIn(signIn('alice'));
    expect(await process.store.load(evicted.id)).toBeNull();
    expect(process.store.isCopy((await process.store.load(stays.id)) as SessionRecord)).toBe(true);
  });

  it('signIn drops the copy of the session that it replaces', async () => {
    const replaced = await signedIn('alice');
    await process.store.signIn(signIn('alice', { id: replaced.id, keepData: true }));
    expect(await process.store.load(replaced.id)).toBeNull();
  });

  it('signIn drops all copies of its user if its reply, with the evicted sessions, is lost', async () => {
    const evicted = await signedIn('alice');
    const stays = await signedIn('bob');
    process.behind.loseReply('signIn');
    await expect(process.store.signIn(signIn('alice'))).rejects.toThrow();
    expect(await process.store.load(evicted.id)).toBeNull();
    expect(process.store.isCopy((await process.store.load(stays.id)) as SessionRecord)).toBe(true);
  });

  it('a rejected signIn keeps all copies', async () => {
    await signedIn('alice');
    await process.store.signIn({ ...signIn('alice'), limit: { max: 1, onExceed: 'reject' } });
    expect(process.copies.size).toBe(1);
  });
});

describe('revokeEveryone', () => {
  it.each(['arrives', 'is lost'])('revokeEveryone drops all copies if its reply %s', async (reply) => {
    const ended = [await signedIn('alice'), await signedIn('bob')];
    if (reply === 'is lost') process.behind.loseReply('revokeEveryone');
    await process.store
      .revokeEveryone({ reason: 'revoked' }, { except: null, signedInBefore: null }, () => undefined)
      .catch(() => undefined);
    expect(process.copies.size).toBe(0);
    for (const { id } of ended) expect(await process.store.load(id)).toBeNull();
  });

  it('revokeEveryone leaves no copy of a session that is read meanwhile', async () => {
    const ended = await signedIn('alice');
    process.copies.invalidate(ended.id);
    const gate = process.channel?.hold();
    const reading = process.store.load(ended.id);
    await gate?.arrived;
    await process.store.revokeEveryone(
      { reason: 'revoked' },
      { except: null, signedInBefore: null },
      () => undefined,
    );
    gate?.open();
    await reading;
    expect(process.copies.size).toBe(0);
    expect(await process.store.load(ended.id)).toBeNull();
  });
});

describe('revokeAll', () => {
  it.each(['arrives', 'is lost'])('revokeAll drops all copies of the user if its reply %s', async (reply) => {
    const ended = await signedIn('alice');
    await signedIn('bob');
    if (reply === 'is lost') process.behind.loseReply('revokeAll');
    await process.store.revokeAll('alice', { reason: 'revoked' }, null).catch(() => undefined);
    expect(await process.store.load(ended.id)).toBeNull();
    expect(process.copies.size).toBe(1);
  });

  it('revokeAll leaves no copy of a session that is read meanwhile', async () => {
    const ended = await signedIn('alice');
    process.copies.invalidate(ended.id);
    const gate = process.channel?.hold();
    const reading = process.store.load(ended.id);
    await gate?.arrived;
    await process.store.revokeAll('alice', { reason: 'revoked' }, null);
    gate?.open();
    await reading;
    expect(await process.store.load(ended.id)).toBeNull();
  });
});
