import { handleOf, mintToken, randomShard, sessionIdOf } from '../core/record/token.js';
import { decodeRecord, decodeRotation, encodeFacts, LUA_CONSTANTS, problemOf } from './record.js';

const CREATED_AT = 1_795_258_610_948;
const ID = sessionIdOf(mintToken(randomShard()));
const VERIFIER = handleOf(ID);
const TOKEN = `[60000,"${VERIFIER}","tagKey"]`;
const PREVIOUS = '[null,"previous","nonce"]';
const ALICE = {
  s: `[1,${CREATED_AT},43200000,500,1,"ie"]`,
  a: '[93000,1800000]',
  u: 'alice',
  d: 'Firefox on Linux',
  l: '192.0.2.1',
  r: TOKEN,
  p: PREVIOUS,
  '.cart': '["kite"]',
};

/** Returns a list with these elements, at the positions that the constants of the scripts state. */
function listOf(elements: Record<string, unknown>): string {
  const values: unknown[] = [];
  for (const [constant, value] of Object.entries(elements)) {
    const position = LUA_CONSTANTS.get(constant);
    values[Number(position) - 1] = value;
  }
  return JSON.stringify(values);
}

describe('decodeRecord', () => {
  it('reads facts, activity, rotation and fields, with times relative to the creation', () => {
    expect(decodeRecord(ID, ALICE)).toEqual({
      id: ID,
      createdAt: CREATED_AT,
      lastActiveAt: CREATED_AT + 93_000,
      idleMs: 1_800_000,
      absoluteEndAt: CREATED_AT + 43_200_000,
      userId: 'alice',
      signedInAt: CREATED_AT + 500,
      device: 'Firefox on Linux',
      address: '192.0.2.1',
      persistent: true,
      own: ['idle', 'end'],
      rotation: {
        at: CREATED_AT + 60_000,
        current: VERIFIER,
        previous: 'previous',
        graceEndAt: null,
        nonce: 'nonce',
        tagKey: 'tagKey',
      },
      fields: new Map([['cart', '["kite"]']]),
    });
  });

  it('reads each element at the position where the scripts write it', () => {
    const hash = {
      ...ALICE,
      s: listOf({
        FACTS_VERSION: 1,
        FACTS_CREATED_AT: CREATED_AT,
        FACTS_ENDS_AFTER: 43_200_000,
        FACTS_SIGNED_IN_AFTER: 500,
        FACTS_PERSISTENT: 1,
        FACTS_OWN: 'ie',
      }),
      a: listOf({ ACTIVITY_ACTIVE_AFTER: 93_000, ACTIVITY_IDLE_MS: 1_800_000 }),
      r: listOf({ TOKEN_ISSUED_AFTER: 60_000, TOKEN_VERIFIER: VERIFIER, TOKEN_TAG_KEY: 'tagKey' }),
      p: listOf({
        PREVIOUS_TOKEN_VALID_AFTER: null,
        PREVIOUS_TOKEN_VERIFIER: 'previous',
        PREVIOUS_TOKEN_NONCE: 'nonce',
      }),
    };
    expect(decodeRecord(ID, hash)).toEqual(decodeRecord(ID, ALICE));
  });

  it('treats missing elements as absent and ignores further ones', () => {
    const short = decodeRecord(ID, { s: `[1,${CREATED_AT},60000]`, a: '[0,60000]' });
    expect(short).toMatchObject({ userId: null, signedInAt: null, persistent: false, rotation: null });
    expect(short).not.toHaveProperty('own');
    const long = { s: `[1,${CREATED_AT},60000,null,null,null,["pwd"],{"by":"bob"}]`, a: '[0,60000,7]' };
    expect(decodeRecord(ID, long)).toEqual(short);
  });

  it('reads the idle timeout that stands for none, and times before the creation', () => {
    const hash = { ...ALICE, s: `[1,${CREATED_AT},60000,-5]`, a: `[-1,${Number.MAX_SAFE_INTEGER}]` };
    expect(decodeRecord(ID, hash)).toMatchObject({
      idleMs: Number.MAX_SAFE_INTEGER,
      lastActiveAt: CREATED_AT - 1,
      signedInAt: CREATED_AT - 5,
    });
  });

  describe('on a process whose Object.prototype is polluted', () => {
    const pollution = { s: ALICE.s, a: ALICE.a, u: 'mallory', d: 'd', r: TOKEN, p: PREVIOUS, '.x': '1' };
    const elements = { 3: 0, 4: 1, 5: 'ie' };
    beforeEach(() => void Object.assign(Object.prototype, pollution, elements));
    afterEach(() => {
      for (const name of Object.keys({ ...pollution, ...elements }))
        delete (Object.prototype as Record<string, unknown>)[name];
    });

    it('reads no field and no element that a session does not have', () => {
      const record = decodeRecord(ID, { s: `[1,${CREATED_AT},60000]`, a: '[0,60000]' });
      const facts = record && [record.userId, record.device, record.persistent, record.rotation, record.own];
      expect([facts, record?.fields.size]).toEqual([[null, null, false, null, undefined], 0]);
      expect([decodeRecord(ID, {}), problemOf({})]).toEqual([null, null]);
    });
  });
});

describe('decodeRotation', () => {
  it('reads no rotation from absent fields', () => {
    expect(decodeRotation(CREATED_AT, null, null)).toBeNull();
  });

  it('reads a rotation whose nonce was removed after the grace period', () => {
    const rotation = decodeRotation(CREATED_AT, TOKEN, '[90000,"previous"]');
    expect(rotation).toMatchObject({ graceEndAt: CREATED_AT + 90_000, nonce: null });
  });

  it.each([
    ['no previous token', TOKEN, null],
    ['no current token', null, PREVIOUS],
    ['a truncated token', TOKEN.slice(0, -1), PREVIOUS],
    ['an empty verifier', '[60000,"","tagKey"]', PREVIOUS],
    ['a verifier of another type', '[60000,5,"tagKey"]', PREVIOUS],
    ['no key of the tags', `[60000,"${VERIFIER}"]`, PREVIOUS],
    ['no time', `[null,"${VERIFIER}","tagKey"]`, PREVIOUS],
    ['no end of the grace period', TOKEN, '["soon","previous"]'],
    ['no previous verifier', TOKEN, '[null]'],
  ])(
    'rejects a rotation with %s, because the first token must not become valid again',
    (_what, token, previous) => {
      expect(decodeRotation(CREATED_AT, token, previous)).toBeUndefined();
      const hash = { ...ALICE, r: token, p: previous };
      expect([decodeRecord(ID, hash), problemOf(hash)]).toEqual([null, 'malformed']);
    },
  );
});

describe('problemOf', () => {
  it.each([
    ['another layout', { ...ALICE, s: '[2]' }, 'other-layout'],
    ['another layout in a longer list', { s: '[3,{"since":5},"x"]' }, 'other-layout'],
    ['facts without a version', { ...ALICE, s: '[]' }, 'malformed'],
    ['a version that is no number', { ...ALICE, s: '["2"]' }, 'malformed'],
    ['facts that are no list', { ...ALICE, s: '{"0":2}' }, 'malformed'],
    ['facts that are no JSON', { ...ALICE, s: '1795258610948:5' }, 'malformed'],
    ['no facts', { a: ALICE.a }, 'malformed'],
  ])('reports a hash with %s', (_what, hash, problem) => {
    expect([decodeRecord(ID, hash), problemOf(hash)]).toEqual([null, problem]);
  });
});

describe('encodeFacts', () => {
  it.each([
    [{ persistent: false }, ']'],
    [{ persistent: true }, ',1]'],
    [{ persistent: false, own: [] }, ']'],
    [{ persistent: false, own: ['end'] as const }, ',null,"e"]'],
    [{ persistent: true, own: ['idle', 'end'] as const }, ',1,"ie"]'],
  ])('returns the end of the list for %j', (facts, text) => {
    expect(encodeFacts(facts)).toBe(text);
  });
});
