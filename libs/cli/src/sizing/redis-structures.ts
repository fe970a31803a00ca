import { sum } from './arithmetic.js';
import { type QuantumBytes, SizeClasses } from './allocator.js';

/** The settings of a server that decide how much memory its structures take. */
export interface ServerLayout {
  readonly quantumBytes: QuantumBytes;
  /** `hash-max-listpack-entries` and `hash-max-listpack-value`: above either, a hash is a hash table. */
  readonly hashMaxEntries: number;
  readonly hashMaxValueBytes: number;
  /** `zset-max-listpack-entries`: above it, a sorted set is a skip list. */
  readonly sortedSetMaxEntries: number;
  /** True in a Cluster, where Redis 7.0 and 7.2 link the keys of each slot in a list. */
  readonly isCluster: boolean;
}

/** The defaults of Redis 7 with its own jemalloc. */
export const DEFAULT_LAYOUT: ServerLayout = {
  quantumBytes: 8,
  hashMaxEntries: 512,
  hashMaxValueBytes: 64,
  sortedSetMaxEntries: 128,
  isCluster: false,
};

/** The lengths of a field's name and of its value, in bytes. */
export interface FieldLengths {
  readonly nameBytes: number;
  readonly valueBytes: number;
}

const POINTER_BYTES = 8;
/** `redisObject`: the type, the encoding, the reference count and a pointer to the value. */
const OBJECT_BYTES = 16;
/** `dictEntry`: pointers to the key, the value and the next entry of the bucket. */
const TABLE_ENTRY_BYTES = 24;
/** `clusterDictEntryMetadata`: pointers to the previous and to the next key of the slot. */
const SLOT_LINKS_BYTES = 16;
/** `dict`, without its tables. */
const TABLE_HEADER_BYTES = 56;
const SMALLEST_TABLE = 4;
/** `zset`: pointers to the table and to the skip list. */
const SORTED_SET_BYTES = 16;
/** `zskiplist`: first and last node, length and level. */
const SKIP_LIST_BYTES = 32;
/** `zskiplistNode`: the element, its score and a pointer backward. */
const SKIP_LIST_NODE_BYTES = 24;
/** `zskiplistLevel`: a pointer forward and a span. */
const SKIP_LIST_LEVEL_BYTES = 16;
const SKIP_LIST_MAX_LEVELS = 32;
/** The share of the nodes of a level that are on the next one, too. */
const SKIP_LIST_SHARE = 0.25;
/** The size and the number of entries, and the byte that ends a listpack. */
const LISTPACK_HEADER_BYTES = 7;
/** An integer of 64 bits with its encoding, and the length for reading backward. The times in scores need all of them. */
const LISTPACK_SCORE_BYTES = 10;
/** A value up to this length and its object are one allocation (`EMBSTR`). */
const LONGEST_EMBEDDED_STRING = 44;
const EMBEDDED_HEADER_BYTES = 3;

/**
 * The memory of Redis' structures in bytes, as the allocator rounds them up. Derived from the structures of Redis 7.0 to 7.4;
 * a comment names each in the source of Redis.
 */
export class RedisStructures {
  private readonly classes: SizeClasses;

  constructor(private readonly layout: ServerLayout) {
    this.classes = new SizeClasses(layout.quantumBytes);
  }

  /** Returns the size of a hash as MEMORY USAGE reports it: without the entry of its expiry, and with sizes of C structures. */
  reportedHash(keyBytes: number, fields: readonly FieldLengths[]): number {
    return this.hash(fields) + this.text(keyBytes) + this.keyEntryBytes;
  }

  /** Returns the size of a key with an expiry, without its value: its name, and an entry in the tables of keys and of expiries. */
  key(nameBytes: number): number {
    return this.text(nameBytes) + this.sized(this.keyEntryBytes) + this.sized(TABLE_ENTRY_BYTES);
  }

  /** Returns the size of the tables of keys and of expiries for a number of keys: pointers, a power of two of each. */
  keyTables(keys: number): number {
    return 2 * this.buckets(keys);
  }

  /** Returns the size of a hash, without its key. */
  hash(fields: readonly FieldLengths[]): number {
    return (
      this.sized(OBJECT_BYTES) +
      (this.isListpack(fields) ? this.hashListpack(fields) : this.hashTable(fields))
    );
  }

  /**
   * Returns the size of a sorted set whose scores are times, without its key.
   *
   * @param members lengths of the members of one group
   * @param groups number of groups
   */
  sortedSet(members: readonly number[], groups: number): number {
    const isListpack = members.length * groups <= this.layout.sortedSetMaxEntries;
    return (
      this.sized(OBJECT_BYTES) +
      (isListpack ? this.scoredListpack(members, groups) : this.skipList(members, groups))
    );
  }

  /** Returns the size of a string, without its key. */
  string(bytes: number): number {
    if (bytes > LONGEST_EMBEDDED_STRING) return this.sized(OBJECT_BYTES) + this.text(bytes);
    return this.sized(OBJECT_BYTES + EMBEDDED_HEADER_BYTES + bytes + 1);
  }

  /** Size of an entry in the table of keys, before the allocator rounds it up. */
  private get keyEntryBytes(): number {
    return TABLE_ENTRY_BYTES + (this.layout.isCluster ? SLOT_LINKS_BYTES : 0);
  }

  private isListpack(fields: readonly FieldLengths[]): boolean {
    const { hashMaxEntries, hashMaxValueBytes } = this.layout;
    const longest = Math.max(...fields.flatMap(({ nameBytes, valueBytes }) => [nameBytes, valueBytes]));
    return fields.length <= hashMaxEntries && longest <= hashMaxValueBytes;
  }

  private hashListpack(fields: readonly FieldLengths[]): number {
    const entries = fields.map(
      ({ nameBytes, valueBytes }) => listpackEntry(nameBytes) + listpackEntry(valueBytes),
    );
    return this.sized(LISTPACK_HEADER_BYTES + sum(entries));
  }

  private hashTable(fields: readonly FieldLengths[]): number {
    const entries = fields.map(
      ({ nameBytes, valueBytes }) =>
        this.sized(TABLE_ENTRY_BYTES) + this.text(nameBytes) + this.text(valueBytes),
    );
    return this.table(fields.length) + sum(entries);
  }

  private scoredListpack(members: readonly number[], groups: number): number {
    const entries = members.map((bytes) => listpackEntry(bytes) + LISTPACK_SCORE_BYTES);
    return this.sized(LISTPACK_HEADER_BYTES + groups * sum(entries));
  }

  private skipList(members: readonly number[], groups: number): number {
    const perEntry = this.sized(TABLE_ENTRY_BYTES) + this.averageNode();
    const entries = members.map((bytes) => this.text(bytes) + perEntry);
    const head = this.sized(SKIP_LIST_NODE_BYTES + SKIP_LIST_MAX_LEVELS * SKIP_LIST_LEVEL_BYTES);
    const headers = this.sized(SORTED_SET_BYTES) + this.sized(SKIP_LIST_BYTES) + head;
    return headers + this.table(members.length * groups) + groups * sum(entries);
  }

  /** Returns the average size of a node, whose number of levels is random. */
  private averageNode(): number {
    let bytes = 0;
    for (let levels = 1; levels <= SKIP_LIST_MAX_LEVELS; levels++) {
      const share = (1 - SKIP_LIST_SHARE) * SKIP_LIST_SHARE ** (levels - 1);
      bytes += share * this.sized(SKIP_LIST_NODE_BYTES + levels * SKIP_LIST_LEVEL_BYTES);
    }
    return bytes;
  }

  private table(entries: number): number {
    return this.sized(TABLE_HEADER_BYTES) + this.buckets(entries);
  }

  private buckets(entries: number): number {
    return this.sized(POINTER_BYTES * bucketCount(entries));
  }

  /** Returns the size of a text (`sds`): a header whose size depends on the length, the text, and a zero. */
  private text(bytes: number): number {
    return this.sized(textHeader(bytes) + bytes + 1);
  }

  private sized(bytes: number): number {
    return this.classes.roundUp(bytes);
  }
}

/** Returns the number of buckets of a table that has only grown: it doubles when it has as many entries as buckets. */
export function bucketCount(entries: number): number {
  return entries <= SMALLEST_TABLE ? SMALLEST_TABLE : 2 ** Math.ceil(Math.log2(entries));
}

function textHeader(bytes: number): number {
  if (bytes < 2 ** 5) return 1;
  if (bytes < 2 ** 8) return 3;
  return bytes < 2 ** 16 ? 5 : 9;
}

/** Returns the size of a text in a listpack, with its encoding and the length for reading backward. */
function listpackEntry(bytes: number): number {
  const encoded = bytes + (bytes < 2 ** 6 ? 1 : bytes < 2 ** 12 ? 2 : 5);
  return encoded + (encoded < 2 ** 7 ? 1 : encoded < 2 ** 14 ? 2 : 3);
}
