import { averageOf, sum } from './arithmetic.js';
import { fieldLengths, HANDLE_BYTES, INDEX_MEMBERS, keyLengths, type SessionShape } from './session-shape.js';

/** The traffic of one operation with its only Redis, in bytes and in commands from clients. */
export interface Traffic {
  readonly commands: number;
  /** Bytes that Redis receives. */
  readonly received: number;
  /** Bytes that Redis sends to clients. */
  readonly sent: number;
  /** Bytes that Redis sends to each replica, and writes to its append-only file. */
  readonly replicated: number;
}

/**
 * The operations that a plan counts.
 *
 * - `firstRead`: a read of a session that the process does not remember
 * - `trackedRead`: a read that makes a copy for the in-process cache
 * - `invalidation`: a message to a process that its copy is stale
 * - `heartbeat`: the proof of a process with the cache that messages arrive
 * - `expiry`: the end of a session without a sign-out
 */
export const OPERATIONS = [
  ...(['read', 'firstRead', 'trackedRead', 'touch', 'write', 'signIn', 'signOut'] as const),
  ...(['invalidation', 'heartbeat', 'expiry'] as const),
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Names of the module's own fields. */
const NAME_BYTES = 1;
const SHA1_BYTES = 40;
/** A time in milliseconds since 1970. */
const TIME_BYTES = 13;
const NOTICE_BYTES = '{"reason":"signed-out"}'.length;
/** Default lifetime of a notice and default limit of a session's size, as arguments of scripts. */
const NOTICE_TTL_BYTES = '600000'.length;
const MAX_SIZE_BYTES = '65536'.length;
const UUID_BYTES = 36;
const INVALIDATION_CHANNEL = '__redis__:invalidate';

/** Returns the average traffic of operations a second on sessions of some shapes, which are equally frequent. */
export function totalTraffic(
  shapes: readonly SessionShape[],
  rates: Readonly<Record<Operation, number>>,
): Traffic {
  const all = shapes.map(trafficOf);
  const total = (part: keyof Traffic) =>
    sum(OPERATIONS.map((name) => rates[name] * averageOf(all, (traffic) => traffic[name][part])));
  return {
    commands: total('commands'),
    received: total('received'),
    sent: total('sent'),
    replicated: total('replicated'),
  };
}

/** Returns the traffic of each operation on sessions of one shape. */
export function trafficOf(shape: SessionShape): Record<Operation, Traffic> {
  const wire = new Wire(shape);
  return {
    read: wire.read(),
    firstRead: wire.firstRead(),
    trackedRead: wire.trackedRead(),
    touch: wire.touch(),
    write: wire.write(),
    signIn: wire.signIn(),
    signOut: wire.signOut(),
    invalidation: wire.invalidation(),
    heartbeat: wire.heartbeat(),
    expiry: wire.expiry(),
  };
}

/** The commands and replies of the Redis store in RESP, as lengths. */
class Wire {
  private readonly keys;
  private readonly fields;
  private readonly isAnonymous;

  constructor(private readonly shape: SessionShape) {
    this.keys = keyLengths(shape);
    this.fields = fieldLengths(shape);
    this.isAnonymous = shape.userIdBytes === null;
  }

  read(): Traffic {
    return reading(1, command('hgetall', this.keys.session), this.hash());
  }

  firstRead(): Traffic {
    const received = this.script([this.keys.session], [HANDLE_BYTES, 0]);
    return reading(1, received, array(2) + bulk('session') + this.hash());
  }

  trackedRead(): Traffic {
    const { session } = this.keys;
    const received = command('hgetall', session) + command('pttl', session);
    return reading(2, received, this.hash() + integer('1800000'.length));
  }

  touch(): Traffic {
    const { session } = this.keys;
    const [, activity] = this.fields;
    const recorded = command('HSET', session, NAME_BYTES, activity?.valueBytes ?? 0);
    const received = this.commit(String(this.shape.idleMs).length, []);
    return writing(received, transaction([this.kept(), recorded]));
  }

  /** Writes the longest field of the application, soon after activity was recorded. */
  write(): Traffic {
    const { fields } = this.shape;
    const [longest] = [...fields].sort((one, other) => other.valueBytes - one.valueBytes);
    if (!longest) return this.touch();
    const change = ['.'.length + longest.nameBytes, longest.valueBytes];
    const received = this.commit('0'.length, change);
    return writing(received, command('HSET', this.keys.session, ...change));
  }

  signIn(): Traffic {
    const { session, index } = this.keys;
    const { fields } = this.shape;
    const changes = fields.flatMap(({ nameBytes, valueBytes }) => ['.'.length + nameBytes, valueBytes]);
    const shard = session - HANDLE_BYTES;
    const keys = this.isAnonymous ? [session] : [session, index, shard, shard + 'gone:'.length];
    const received = this.script(keys, [this.intent(), this.evictionNotice(), 1, ...changes]);
    const own = this.fields.slice(0, this.fields.length - fields.length);
    const stored = [
      command('HSET', session, ...own.flatMap(({ nameBytes, valueBytes }) => [nameBytes, valueBytes])),
      fields.length ? command('HSET', session, ...changes) : 0,
      this.isAnonymous ? 0 : command('ZADD', index, TIME_BYTES + 1, HANDLE_BYTES + 1),
      this.kept(),
    ];
    const sent = array(3) + bulk('signed-in') + integer(TIME_BYTES) + array(0);
    return { commands: 1, received, sent, replicated: transaction(stored) };
  }

  signOut(): Traffic {
    const { session, index, notice } = this.keys;
    const received = this.script(
      [session, notice, index - (this.shape.userIdBytes ?? 0)],
      [HANDLE_BYTES, NOTICE_BYTES, NOTICE_TTL_BYTES],
    );
    const kept = TIME_BYTES + ':'.length + NOTICE_BYTES;
    const stored = [
      command('DEL', session),
      this.isAnonymous ? 0 : command('ZREM', index, ...INDEX_MEMBERS),
      command('SET', notice, kept, 'PXAT', TIME_BYTES),
    ];
    const sent = array(2) + integer(TIME_BYTES) + this.hash();
    return { commands: 1, received, sent, replicated: transaction(stored) };
  }

  /** Redis deletes a session that has expired, and its index with the last one. */
  expiry(): Traffic {
    const replicated =
      command('DEL', this.keys.session) + (this.isAnonymous ? 0 : command('DEL', this.keys.index));
    return { commands: 0, received: 0, sent: 0, replicated };
  }

  invalidation(): Traffic {
    return { commands: 0, received: 0, sent: invalidationOf(this.keys.session), replicated: 0 };
  }

  /** Reads a key, changes the key by a script, and awaits the invalidation. */
  heartbeat(): Traffic {
    const probe = this.keys.session - HANDLE_BYTES + 'probe:'.length + UUID_BYTES;
    const received = command('get', probe) + this.script([probe], []);
    return reading(2, received, bulk(0) + integer(TIME_BYTES) + invalidationOf(probe));
  }

  /** Returns the size of the command that touches or writes. */
  private commit(idleDigits: number, changes: readonly number[]): number {
    const { session, index } = this.keys;
    const keys = this.isAnonymous ? [session] : [session, index];
    const args = [HANDLE_BYTES, idleDigits, NOTICE_TTL_BYTES, MAX_SIZE_BYTES, '0'.length];
    return this.script(keys, [...args, ...changes]);
  }

  /** Returns the size of the commands that extend the life of a session and its index. */
  private kept(): number {
    const { session, index } = this.keys;
    const extended = command('PEXPIREAT', session, TIME_BYTES);
    if (this.isAnonymous) return extended;
    return (
      extended + command('ZADD', index, TIME_BYTES, HANDLE_BYTES) + command('PEXPIREAT', index, TIME_BYTES)
    );
  }

  private script(keys: readonly number[], args: readonly number[]): number {
    const count = String(keys.length).length;
    const all = [SHA1_BYTES, count, ...keys, ...args];
    return array(1 + all.length) + bulk('evalsha') + sum(all.map(bulk));
  }

  private hash(): number {
    const entries = this.fields.map(({ nameBytes, valueBytes }) => bulk(nameBytes) + bulk(valueBytes));
    return array(2 * this.fields.length) + sum(entries);
  }

  private intent(): number {
    const { userIdBytes, deviceBytes, addressBytes, idleMs, absoluteMs } = this.shape;
    const text = (bytes: number | null) => (bytes ? 'x'.repeat(bytes) : undefined);
    return JSON.stringify({
      ...{
        handle: text(HANDLE_BYTES),
        user: text(userIdBytes),
        idle: idleMs,
        absolute: absoluteMs,
        facts: ']',
      },
      ...{ device: text(deviceBytes), address: text(addressBytes), max: 1000, onExceed: 'evict-oldest' },
      ...{ noticeTtl: 600_000, maxBytes: 65_536 },
    }).length;
  }

  private evictionNotice(): number {
    const { deviceBytes, addressBytes } = this.shape;
    return '{"reason":"evicted","by":{"device":"","address":""}}'.length + deviceBytes + addressBytes;
  }
}

/** Returns the size of a message about one key. */
function invalidationOf(keyBytes: number): number {
  return array(3) + bulk('message') + bulk(INVALIDATION_CHANNEL) + array(1) + bulk(keyBytes);
}

function reading(commands: number, received: number, sent: number): Traffic {
  return { commands, received, sent, replicated: 0 };
}

function writing(received: number, replicated: number): Traffic {
  return { commands: 1, received, sent: integer(TIME_BYTES), replicated };
}

/** Returns the size of a command by the texts, or the lengths of the texts, that it consists of. */
function command(...words: (string | number)[]): number {
  return array(words.length) + sum(words.map(bulk));
}

/** Returns the size of the commands of a script, as they are replicated. */
function transaction(commands: readonly number[]): number {
  return command('MULTI') + sum(commands) + command('EXEC');
}

function bulk(text: string | number): number {
  const bytes = typeof text === 'number' ? text : text.length;
  return `$${bytes}\r\n\r\n`.length + bytes;
}

function array(length: number): number {
  return `*${length}\r\n`.length;
}

function integer(digits: number): number {
  return ':\r\n'.length + digits;
}
