import { SizeClasses, type QuantumBytes } from './allocator.js';
import { HANDLE_BYTES, SHARD_BYTES } from './session-shape.js';

/** The keys that a server remembers for clients with the option `cache`. */
export interface TrackedKeys {
  readonly keys: number;
  /** The number of processes that hold a copy of each session. */
  readonly processes: number;
}

/** The number of characters of base64url, of which shards and handles consist. */
const ALPHABET = 64;
const RANDOM_CHARACTERS = SHARD_BYTES + HANDLE_BYTES;
const SHARD_END_BYTES = '}:'.length;
/** `rax`: its first node, and two counters. */
const TREE_BYTES = 24;
const NODE_HEADER_BYTES = 4;
const POINTER_BYTES = 8;
/** The id of a client as a key. Ids of processes differ in the first byte, because the lowest byte comes first. */
const CLIENT_ID_BYTES = 8;

/**
 * Returns the memory of the tracking table: a radix tree (`rax`) of the names of keys, and for each key a tree of the ids
 * of clients.
 */
export function trackingTableBytes({ keys, processes }: TrackedKeys, quantumBytes: QuantumBytes): number {
  if (keys === 0 || processes === 0) return 0;
  const nodes = new TreeNodes(new SizeClasses(quantumBytes));
  return nodes.namesOf(keys) + keys * nodes.clientsOf(processes);
}

class TreeNodes {
  constructor(private readonly classes: SizeClasses) {}

  /** Returns the expected size of a tree of names that end in random characters. */
  namesOf(keys: number): number {
    let bytes = 0;
    for (let depth = 0; depth < RANDOM_CHARACTERS; depth++) {
      const branches = slotsWithSeveral(depth, keys);
      const children = slotsInUse(depth + 1, keys) - slotsWithOne(depth, keys);
      if (branches > 0) bytes += branches * this.branch(children / branches);
      if (depth === SHARD_BYTES) bytes += branches * this.compressed(SHARD_END_BYTES);
      const ends = slotsWithOne(depth + 1, keys) - slotsWithOne(depth, keys);
      const rest = RANDOM_CHARACTERS - depth - 1 + (depth < SHARD_BYTES ? SHARD_END_BYTES : 0);
      bytes += Math.max(0, ends) * (this.compressed(rest) + this.node(POINTER_BYTES));
    }
    return bytes;
  }

  /** Returns the size of a tree of client ids. */
  clientsOf(processes: number): number {
    const tree = this.classes.roundUp(TREE_BYTES);
    if (processes === 1) return tree + this.compressed(CLIENT_ID_BYTES) + this.node(0);
    return tree + this.branch(processes) + processes * (this.compressed(CLIENT_ID_BYTES - 1) + this.node(0));
  }

  /** Returns the size of a node with several characters in a row. */
  private compressed(characters: number): number {
    return characters === 0 ? 0 : this.node(POINTER_BYTES, characters);
  }

  /** Returns the size of a node with a character and a pointer for each child. */
  private branch(children: number): number {
    return this.node(children * POINTER_BYTES, children);
  }

  /** Returns the size of a node: pointers are aligned behind the header and the characters. */
  private node(pointerBytes: number, characters = 0): number {
    const begin = Math.ceil((NODE_HEADER_BYTES + characters) / POINTER_BYTES) * POINTER_BYTES;
    return this.classes.roundUp(begin + pointerBytes);
  }
}

/** Returns the expected number of prefixes of this length with one key. */
function slotsWithOne(depth: number, keys: number): number {
  return depth > RANDOM_CHARACTERS ? 0 : keys * Math.exp(-keys / ALPHABET ** depth);
}

/** Returns the expected number of prefixes of this length with a key. */
function slotsInUse(depth: number, keys: number): number {
  return ALPHABET ** depth * -Math.expm1(-keys / ALPHABET ** depth);
}

function slotsWithSeveral(depth: number, keys: number): number {
  return Math.max(0, slotsInUse(depth, keys) - slotsWithOne(depth, keys));
}
