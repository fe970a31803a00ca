import type { OptionDefinition } from '../command.js';
import { durationOf, wholeNumber } from '../parse.js';

/** The options of every command: the address of Redis, the prefix, and the form of the output. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly db?: number;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly cluster?: string;
  readonly sentinels?: string;
  readonly master?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPasswordFile?: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly prefix: string;
  /** Time within which Redis must reply, in milliseconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

/** The definitions of {@link ConnectionOptions}. */
export const CONNECTION_OPTIONS: readonly OptionDefinition[] = [
  {
    flags: '--url <url>',
    env: 'REDIS_URL',
    description:
      'URL of Redis, such as redis://user:password@host:6379/0; rediss:// for TLS. On the command line, other users of the machine can read a password in it: use the variable.',
  },
  { flags: '--host <host>', env: 'REDIS_HOST', description: 'host of Redis, instead of a URL' },
  { flags: '--port <port>', env: 'REDIS_PORT', description: 'port of Redis', parse: wholeNumber(1, 65_535) },
  {
    flags: '--db <number>',
    env: 'REDIS_DB',
    description: 'number of the database, which the user must be allowed to select',
    parse: wholeNumber(0),
  },
  { flags: '--username <name>', env: 'REDIS_USERNAME', description: 'ACL user of Redis' },
  {
    flags: '--password-file <file>',
    description:
      'file with the password of Redis; - for standard input. The variable REDIS_PASSWORD may hold the password instead.',
  },
  {
    flags: '--cluster <nodes>',
    env: 'REDIS_NODES',
    description: 'some nodes of a Cluster, such as one:6379,two:6379',
  },
  {
    flags: '--sentinels <nodes>',
    env: 'REDIS_SENTINELS',
    description: 'some of the Sentinels, such as one:26379,two:26379',
  },
  {
    flags: '--master <name>',
    env: 'REDIS_MASTER',
    description: 'name by which the Sentinels know the master',
  },
  {
    flags: '--sentinel-username <name>',
    env: 'REDIS_SENTINEL_USERNAME',
    description: 'ACL user of the Sentinels',
  },
  {
    flags: '--sentinel-password-file <file>',
    description:
      'file with the password of the Sentinels. The variable REDIS_SENTINEL_PASSWORD may hold the password instead.',
  },
  { flags: '--tls', description: 'encrypt the connections, as a rediss:// URL does' },
  {
    flags: '--ca <file>',
    env: 'REDIS_CA',
    description: 'certificate authority of the servers, as PEM; implies --tls',
  },
  { flags: '--cert <file>', env: 'REDIS_CERT', description: 'certificate of the client, as PEM' },
  { flags: '--key <file>', env: 'REDIS_KEY', description: 'private key of the client, as PEM' },
  {
    flags: '--prefix <prefix>',
    env: 'SESSION_PREFIX',
    description: 'the option "prefix" of the module',
    defaultValue: 'session:',
  },
  {
    flags: '--timeout <duration>',
    description: 'time within which Redis must reply, such as 5s',
    defaultValue: '5s',
    parse: durationOf,
  },
  { flags: '--json', description: 'print the result as JSON' },
];
