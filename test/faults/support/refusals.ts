import { until } from '../../support/until.js';

export type Ask = (command: string, ...args: (string | number)[]) => Promise<unknown>;

/** An error with which Redis rejects commands. */
export interface Refusal {
  readonly code: string;
  readonly begin: (ask: Ask) => Promise<unknown>;
  readonly end: (ask: Ask) => Promise<unknown>;
  /** True if sessions can be read meanwhile. */
  readonly isReadable: boolean;
  /** Remedy in the log. Without one, the error means an unavailable server and not a wrong configuration. */
  readonly remedy?: RegExp;
}

const set = (ask: Ask, name: string, value: string | number) => ask('CONFIG', 'SET', name, value);

export const REFUSALS: readonly Refusal[] = [
  {
    code: 'NOREPLICAS',
    begin: (ask) => set(ask, 'min-replicas-to-write', 2),
    end: (ask) => set(ask, 'min-replicas-to-write', 0),
    isReadable: true,
  },
  {
    code: 'MISCONF',
    begin: async (ask) => {
      await set(ask, 'save', '3600 1');
      await set(ask, 'dir', '/proc');
      await ask('BGSAVE');
      await until('a snapshot that failed', 5_000, async () =>
        String(await ask('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'),
      );
    },
    end: async (ask) => {
      await set(ask, 'save', '');
      await set(ask, 'stop-writes-on-bgsave-error', 'no');
    },
    isReadable: true,
    remedy: /write its snapshot to the disk/,
  },
  {
    code: 'NOPERM',
    begin: (ask) => ask('ACL', 'SETUSER', 'default', '-evalsha', '-eval'),
    end: (ask) => ask('ACL', 'SETUSER', 'default', '+@all'),
    isReadable: true,
    remedy: /ACL user/,
  },
  {
    code: 'NOAUTH',
    begin: async (ask) => {
      await set(ask, 'requirepass', 'secret');
      await ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
    end: (ask) => set(ask, 'requirepass', ''),
    isReadable: false,
    remedy: /requires a password/,
  },
  {
    code: 'MASTERDOWN',
    begin: async (ask) => {
      await set(ask, 'replica-serve-stale-data', 'no');
      await ask('REPLICAOF', '127.0.0.1', 1);
    },
    end: (ask) => ask('REPLICAOF', 'NO', 'ONE'),
    isReadable: false,
  },
  {
    code: 'BUSY',
    begin: async (ask) => {
      await set(ask, 'busy-reply-threshold', 50);
      void ask('EVAL', 'while true do end', 0).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 150));
    },
    end: (ask) => ask('SCRIPT', 'KILL'),
    isReadable: false,
  },
];
