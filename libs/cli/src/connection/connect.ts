import { connectRedis, describeTarget, RedisInspection, RedisStore } from 'nestjs-redis-session/redis';
import type { OpenedRedis, RedisTarget } from 'nestjs-redis-session/redis';
import type { ConnectionOptions } from './options.js';
import { explain, explainClusterNode, explainLoading } from './explain.js';
import { targetOf } from './target.js';

/** Redis, as a command uses it. */
export interface ConnectedRedis {
  readonly client: OpenedRedis['client'];
  /** The address without its password, for messages. */
  readonly place: string;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly store: RedisStore;
  readonly inspection: RedisInspection;
  close(): Promise<void>;
}

/** The lifetime of end notices: the default of the option "endReasons". */
export const NOTICE_TTL_MS = 10 * 60_000;

/** Connects to the Redis that the options name. @throws Failure with a sentence that gives the reason */
export async function connect(options: ConnectionOptions, env: NodeJS.ProcessEnv): Promise<ConnectedRedis> {
  const target = targetOf(options, env);
  const { prefix, timeout: timeoutMs } = options;
  const place = describeTarget(target);
  let opened: OpenedRedis | undefined;
  // The first warning has the reason of a connection that breaks again at once.
  let firstWarning: string | undefined;
  try {
    opened = await connectRedis(target, {
      deadlineMs: timeoutMs,
      onWarning: (message) => (firstWarning ??= message),
    });
    const connected = connectedRedis(opened, { place, prefix, timeoutMs });
    await checkServers(connected);
    return connected;
  } catch (error) {
    await opened?.close();
    throw explain(error, { place, firstWarning, timeoutMs, isEncrypted: isEncrypted(target) });
  }
}

function connectedRedis(
  opened: OpenedRedis,
  settings: Pick<ConnectedRedis, 'place' | 'prefix' | 'timeoutMs'>,
): ConnectedRedis {
  const { client } = opened;
  const { prefix, timeoutMs: deadlineMs } = settings;
  return {
    ...settings,
    client,
    store: new RedisStore(client, { prefix, deadlineMs, noticeTtlMs: NOTICE_TTL_MS }),
    inspection: new RedisInspection(client, { prefix, deadlineMs }),
    close: () => opened.close(),
  };
}

/** Checks that the servers answer, have loaded their data, and are all that there are. @throws Failure if not */
async function checkServers({ client, inspection, place }: ConnectedRedis): Promise<void> {
  for (const node of inspection.masters) {
    const info = await node.info();
    if (/^loading:1/m.test(info)) throw explainLoading(place, info);
    if (!client.isCluster && /^cluster_enabled:1/m.test(info)) throw explainClusterNode(place);
  }
}

function isEncrypted(target: RedisTarget): boolean {
  return /rediss:|"tls"/.test(JSON.stringify(target));
}
