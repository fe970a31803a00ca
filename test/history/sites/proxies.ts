import { FaultProxy } from 'nestjs-redis-session/testing';
import { HOST } from '../../support/redis-node.js';

/** A proxy in front of each of several servers, and the ioredis options that make a client use them. */
export interface Proxies {
  readonly all: readonly FaultProxy[];
  readonly natMap: Readonly<Record<string, { host: string; port: number }>>;
  stop(): Promise<void>;
}

export async function startProxies(ports: readonly number[]): Promise<Proxies> {
  const all = await Promise.all(ports.map((port) => FaultProxy.start(port)));
  return {
    all,
    natMap: Object.fromEntries(
      all.map(({ port }, index) => [`${HOST}:${ports[index]}`, { host: HOST, port }]),
    ),
    stop: async () => void (await Promise.all(all.map((proxy) => proxy.stop()))),
  };
}
