/** A failure around a session layer, with how a test causes it or why it cannot occur. */
export interface Fault {
  readonly fault: string;
  /** Means by which the test causes the fault. */
  readonly cause?: string;
  /** The response that a client sees, if a test outside of this folder asserts it and has the tag of the fault. */
  readonly client?: string;
  /** Reason for the absence of a test. */
  readonly reason?: string;
}

export const FAULTS = {
  F1: { fault: 'Redis is unavailable when the application starts', cause: 'no server on the port' },
  F2: {
    fault: 'A reply is lost after the command has run',
    cause: 'the proxy cuts the connection at the reply',
  },
  F3: {
    fault: 'A command is lost before it runs',
    cause: 'the proxy cuts the connection at the command',
  },
  F4: {
    fault: 'Silence: packets are lost without an error',
    cause: 'the proxy drops all packets; the server is stopped (SIGSTOP)',
  },
  F5: { fault: 'Redis is slow', cause: 'the proxy delays by 400 ms; `DEBUG SLEEP 1`; `CLIENT PAUSE`' },
  F6: { fault: 'Redis dies and restarts empty', cause: 'kill -9, then a new server on the port' },
  F7: { fault: 'Failover by Sentinel', cause: 'kill -9 of the master, three Sentinels' },
  F8: {
    fault: 'A failover loses writes',
    cause: 'the replica is detached, the master confirms a sign-out and dies',
  },
  F9: { fault: 'The server became a replica: READONLY', cause: '`REPLICAOF` on the running server' },
  F10: { fault: 'The server is loading its data', cause: 'a restart with 20,000 keys and `key-load-delay`' },
  F11: { fault: 'Redis is full: OOM', cause: '`maxmemory 1`, policy `noeviction`' },
  F12: { fault: 'The server has lost its scripts: NOSCRIPT', cause: '`SCRIPT FLUSH` between requests' },
  F13: { fault: 'A script fails half-way', cause: 'the second key of a script is of another type' },
  F14: {
    fault: 'A slot of a Cluster migrates: MOVED, ASK, TRYAGAIN',
    cause: '`SETSLOT MIGRATING` and `IMPORTING`, then the move ends',
  },
  F15: {
    fault: 'Keys of several slots in one script: CROSSSLOT',
    cause: 'all routes on a Cluster of three masters',
  },
  F16: { fault: 'A Cluster has lost a master', cause: 'kill -9 of a master; its replica takes over' },
  F17: {
    fault: 'Redis evicts sessions',
    cause: '`maxmemory` 3 MiB with `volatile-lru`, filled with other keys',
  },
  F18: {
    fault: 'Keys expire late, without an event',
    cause: 'active expiry is off (`DEBUG SET-ACTIVE-EXPIRE 0`)',
  },
  F19: {
    fault: 'Redis rejects calls: NOREPLICAS, MISCONF, MASTERDOWN, BUSY, NOAUTH, WRONGPASS, NOPERM, WRONGTYPE',
    cause: 'each by the setting that causes it',
  },
  F20: {
    fault: 'The application’s clock is wrong',
    cause: '`Date.now` is an hour ahead, then an hour behind',
  },
  F21: {
    fault: 'A write leaves a key without an expiry',
    cause: 'every operation, then a check of all keys',
  },
  F22: {
    fault: 'The connection for cache invalidation is lost',
    cause: '`CLIENT KILL TYPE pubsub`; then the proxy drops all packets',
  },
  F23: {
    fault: 'Redis flaps',
    cause: 'the proxy alternates between refusing and passing, ten times a second',
  },
  F24: {
    fault: 'A record is damaged',
    cause: 'every byte of a stored record is changed; keys of other types; invalid UTF-8',
  },
  F25: {
    fault: 'A session is too large',
    cause: 'a byte above the limit; 1 MiB written to Redis directly',
  },
  F26: {
    fault: 'A record is of a later version',
    cause: 'a later version number, and unknown fields',
  },
  F27: {
    fault: 'Lua changes values that pass through cjson',
    cause: 'empty lists, large numbers and 99 levels, through every script that moves data',
  },
  F28: {
    fault: 'A stored `__proto__` pollutes prototypes',
    cause: 'as a field and inside a field',
  },
  F29: {
    fault: 'Many requests regenerate one session',
    cause: '50 requests at once',
    client: 'one request gets the new token, the others 401 `replaced`',
  },
  F30: {
    fault: 'A crash between the steps of a sign-in or a regeneration',
    cause: 'the proxy cuts before and after each command',
  },
  F31: {
    fault: 'Many sign-ins at the limit',
    cause: '200 sign-ins at once on two processes, limit 3',
    client: '200; 401 `evicted` for the evicted sessions',
  },
  F32: {
    fault: 'A sign-out during another request',
    cause: 'a handler waits while another request signs out',
  },
  F33: {
    fault: 'A revocation of all sessions during a sign-in',
    cause: 'a revocation between 40 sign-ins',
    client: '401 `revoked`; a sign-in that ends after the revocation is kept',
  },
  F34: {
    fault: 'Two requests write one session',
    cause: 'two handlers wait for each other',
    client: 'both writes; for the same field the later one',
  },
  F35: {
    fault: 'A session ends between reading and writing',
    cause: 'the key expires while a handler waits',
    client: 'its response, then 401 `expired`; the write is rejected',
  },
  F36: { fault: 'Several session cookies in a request', cause: 'raw headers' },
  F37: { fault: 'A huge or malformed Cookie header', cause: 'raw headers' },
  F38: { fault: 'A cookie was tampered with', cause: 'characters are changed, removed and added' },
  F39: {
    fault: 'Keys that sign or encrypt cookies are rotated',
    reason: 'the cookie is a random token, so there are no keys',
  },
  F40: {
    fault: 'Characters that terminate a cookie attribute',
    cause: 'options with such characters',
  },
  F41: {
    fault: 'The client disconnects during a request',
    cause: 'the socket is destroyed while the handler waits',
  },
  F42: {
    fault: 'The session changes after the headers were sent',
    cause: 'a stream, HEAD, a redirect and an error page that write',
  },
  F43: { fault: 'A proxy ends TLS', cause: '`X-Forwarded-Proto`, trusted and not trusted' },
  F44: {
    fault: 'Anonymous clients fill the store',
    cause: '600 requests without a cookie, with made-up ones, and signing out',
  },
  F45: {
    fault: 'A listener or a hook of the application fails',
    cause: 'listeners that throw, reject and hang; `users.load` that throws',
  },
  F46: {
    fault: 'The application is stopped while requests are running',
    cause: 'SIGTERM to a process that saves',
  },
  F47: {
    fault: 'Redis is unavailable, under each outage policy',
    cause: 'each policy and kind of route, with connections refused',
  },
} as const satisfies Record<`F${number}`, Fault>;

export type FaultId = keyof typeof FAULTS;
