import { createRequire } from 'node:module';
import type { Token } from './token.js';
import {
  handleOf,
  isGenuine,
  joinSessionId,
  mintToken,
  parseSessionId,
  parseToken,
  randomShard,
  rotationKeys,
  sessionIdOf,
  signInNonce,
  signInToken,
  shardOf,
  shardOfUser,
  successorOf,
  verifierOf,
} from './token.js';

const MANY = 10_000;
const ALPHABET = 64;
const SLOTS = 16_384;

/** The slot of a key as Redis Cluster computes it. */
const slotOf = createRequire(import.meta.url)('cluster-key-slot') as (key: string) => number;

function distinct<T>(values: Iterable<T>): number {
  return new Set(values).size;
}

function changedAt(text: string, index: number): Token {
  const other = text[index] === 'A' ? 'B' : 'A';
  return (text.slice(0, index) + other + text.slice(index + 1)) as Token;
}

function bitsOf(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}

describe('an original token', () => {
  const tokens = Array.from({ length: MANY }, () => mintToken(randomShard()));

  it('a token has the form of a token and begins with its shard', () => {
    const shard = randomShard();
    expect(mintToken(shard)).toMatch(/^[A-Za-z0-9_-]{46}$/);
    expect(mintToken(shard).startsWith(shard)).toBe(true);
    expect(tokens.every((token) => parseToken(token) === token)).toBe(true);
  });

  it('an original token differs from all others, as does the id of its session [ASVS 7.2.3]', () => {
    expect(distinct(tokens)).toBe(MANY);
    expect(distinct(tokens.map(sessionIdOf))).toBe(MANY);
  });

  it('mints tokens with every character of the alphabet at every place', () => {
    for (let place = 0; place < 45; place++) {
      expect(distinct(tokens.map((token) => token[place]))).toBe(ALPHABET);
    }
    // 256 bits are 42 characters and 4 bits more.
    expect(distinct(tokens.map((token) => token[45]))).toBe(16);
  });

  it('an original token carries 256 random bits beside its shard [ASVS 7.2.3]', () => {
    const secrets = tokens.map((token) => Buffer.from(token.slice(3), 'base64url'));
    expect(secrets.every(({ length }) => length === 32)).toBe(true);
    const ones = secrets.flatMap((secret) => [...secret].map(bitsOf)).reduce((sum, count) => sum + count, 0);
    expect(ones / (MANY * 256)).toBeCloseTo(0.5, 2);
  });

  it.each([
    ['empty', ''],
    ['a character short', 'x'.repeat(45)],
    ['a character long', 'x'.repeat(47)],
    ['between the two forms', 'x'.repeat(89)],
    ['longer than both', 'x'.repeat(91)],
    ['quoted', `"${'x'.repeat(44)}"`],
    ['of another alphabet', 'x'.repeat(45) + '+'],
    ['encoded', 'x'.repeat(43) + '%41'],
    ['followed by a line break', 'x'.repeat(46) + '\n'],
    ['with a line break inside', 'x'.repeat(23) + '\n' + 'x'.repeat(22)],
    ['with letters beyond ASCII', 'é'.repeat(46)],
    ['a session id', 'x'.repeat(25)],
  ])('parses no token from a value that is %s', (_what, value) => {
    expect(parseToken(value)).toBeNull();
  });
});

describe('the token of a sign-in', () => {
  const [shown, shard] = [mintToken(randomShard()), shardOfUser('alice')];

  it('derives the same sign-in token from the same token and nonce, in the shard', () => {
    const nonce = signInNonce();
    const token = signInToken(shard, shown, nonce);
    expect(token).toBe(signInToken(shard, shown, nonce));
    expect(parseToken(token)).toBe(token);
    expect(shardOf(sessionIdOf(token))).toBe(shard);
  });

  it('derives a different sign-in token for each nonce and each presented token', () => {
    const nonce = signInNonce();
    const tokens = [
      signInToken(shard, shown, nonce),
      signInToken(shard, shown, signInNonce()),
      signInToken(shard, mintToken(randomShard()), nonce),
    ];
    expect(new Set(tokens).size).toBe(3);
    expect(Buffer.from(nonce, 'base64url')).toHaveLength(32);
  });
});

describe('a session id', () => {
  const token = mintToken(randomShard());
  const id = sessionIdOf(token);

  it('a session ID does not have the form of a token', () => {
    expect(id).toMatch(/^[A-Za-z0-9_-]{25}$/);
    expect(parseSessionId(id)).toBe(id);
    expect(parseToken(id)).toBeNull();
    expect(parseSessionId(token)).toBeNull();
  });

  it.each([
    undefined,
    null,
    25,
    {},
    ['x'.repeat(25)],
    'x'.repeat(24),
    'x'.repeat(24) + ':',
    'x'.repeat(25) + '\n',
  ])('parses no session ID from %j', (value) => {
    expect(parseSessionId(value)).toBeNull();
  });

  it('returns the same session ID for a token each time', () => {
    expect(sessionIdOf(token)).toBe(id);
    expect(sessionIdOf('abc'.padEnd(46, 'x') as Token)).toBe('abczAscLGbzu5_RoIHGJrob72');
  });

  it('a session ID is in the shard of its token and reveals nothing else of it', () => {
    expect(shardOf(id)).toBe(token.slice(0, 3));
    for (let place = 3; place <= 40; place++)
      expect(id.slice(3)).not.toContain(token.slice(place, place + 6));
  });

  it('a session ID changes altogether if one character of the secret changes', () => {
    const handle = handleOf(id);
    const other = handleOf(sessionIdOf(changedAt(token, 20)));
    const same = [...handle].filter((character, place) => character === other[place]).length;
    expect(same).toBeLessThan(8);
  });

  it('joins a session ID from its shard and handle', () => {
    expect(joinSessionId(shardOf(id), handleOf(id))).toBe(id);
  });
});

describe('a shard', () => {
  it('draws random shards of three characters from the whole alphabet', () => {
    const shards = Array.from({ length: MANY }, randomShard);
    expect(shards.every((shard) => /^[A-Za-z0-9_-]{3}$/.test(shard))).toBe(true);
    for (const place of [0, 1, 2]) expect(distinct(shards.map((shard) => shard[place]))).toBe(ALPHABET);
  });

  it('returns the same shard of a user in every version', () => {
    expect(shardOfUser('alice')).toBe('K9g');
    expect(shardOfUser('пользователь')).toBe('9-l');
  });

  it.each([
    ['users', (number: number) => shardOfUser(`user${number}`)],
    ['visitors', () => randomShard()],
  ])('spreads 10,000 %s evenly over the slots of a Cluster', (_who, shardAt) => {
    const load = new Map<number, number>();
    for (let number = 0; number < MANY; number++) {
      const slot = slotOf(`session:{${shardAt(number)}}:x`);
      load.set(slot, (load.get(slot) ?? 0) + 1);
    }
    // By chance alone, 10,000 balls in 16,384 boxes fill 7,486 of them, and hardly ever come 8 to one box.
    expect(load.size).toBeGreaterThan(7_200);
    expect(Math.max(...load.values())).toBeLessThan(9);
    const perTenth = Array.from({ length: 10 }, () => 0);
    for (const [slot, count] of load) perTenth[Math.floor((slot * 10) / SLOTS)]! += count;
    for (const count of perTenth) expect(Math.abs(count - MANY / 10)).toBeLessThan(150);
  });
});

describe('a rotated token', () => {
  const original = mintToken(shardOfUser('alice'));
  const id = sessionIdOf(original);
  const keys = rotationKeys();
  const successor = successorOf(original, keys);

  it('a rotated token has its own form, names its session and is recognised', () => {
    expect(successor).toMatch(/^[A-Za-z0-9_-]{90}$/);
    expect(parseToken(successor)).toBe(successor);
    expect(sessionIdOf(successor)).toBe(id);
    expect(isGenuine(successor, keys.tagKey)).toBe(true);
  });

  it('derives the same successor from the same token and keys, and a different one for each nonce', () => {
    expect(successorOf(original, keys)).toBe(successor);
    expect(successorOf(original, rotationKeys(keys.tagKey))).not.toBe(successor);
  });

  it('a rotated token cannot be computed without the token before it', () => {
    const stranger = successorOf(mintToken(shardOf(id)), keys);
    expect(stranger.slice(25)).not.toBe(successor.slice(25));
    expect(verifierOf(stranger)).not.toBe(verifierOf(successor));
  });

  it('derives successors of successors in the same session', () => {
    const tokens = [original, successor];
    for (let turn = 0; turn < 5; turn++) {
      tokens.push(successorOf(tokens.at(-1) as Token, rotationKeys(keys.tagKey)));
    }
    expect(distinct(tokens)).toBe(tokens.length);
    expect(distinct(tokens.map(verifierOf))).toBe(tokens.length);
    expect(tokens.every((token) => sessionIdOf(token) === id && isGenuine(token, keys.tagKey))).toBe(true);
  });

  it('rejects a rotated token with another secret, tag or key', () => {
    for (const place of [25, 40, 67, 68, 89])
      expect(isGenuine(changedAt(successor, place), keys.tagKey)).toBe(false);
    expect(isGenuine(successor, rotationKeys().tagKey)).toBe(false);
  });

  it('recognises a token by a digest that does not reveal it', () => {
    expect(verifierOf(successor)).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(successor).not.toContain(verifierOf(successor).slice(0, 6));
  });

  it('the digest of an original token is the ID of its session', () => {
    expect(verifierOf(original)).toBe(handleOf(id));
  });
});

describe('the keys of a rotation', () => {
  it('returns a fresh nonce for each rotation, and keeps the tag key', () => {
    const first = rotationKeys();
    const second = rotationKeys(first.tagKey);
    expect(second.tagKey).toBe(first.tagKey);
    expect(second.nonce).not.toBe(first.nonce);
    expect(rotationKeys().tagKey).not.toBe(first.tagKey);
  });
});
