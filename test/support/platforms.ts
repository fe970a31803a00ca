import type { ServerOptions } from 'node:https';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

export interface AdapterOptions {
  /** True if the headers of a proxy are trusted for the client's address and for TLS. */
  readonly trustProxy?: boolean;
  readonly tls?: ServerOptions;
}

/** An HTTP platform under Nest. */
export interface Platform {
  readonly name: 'Express' | 'Fastify';
  adapter(options?: AdapterOptions): AbstractHttpAdapter;
}

const express: Platform = {
  name: 'Express',
  adapter({ trustProxy = false } = {}) {
    const adapter = new ExpressAdapter();
    adapter.set('trust proxy', trustProxy);
    return adapter;
  },
};

const fastify: Platform = {
  name: 'Fastify',
  adapter({ trustProxy = false, tls } = {}) {
    return new FastifyAdapter(tls ? { trustProxy, https: tls } : { trustProxy });
  },
};

/** All platforms that the module is made for. */
export const platforms: readonly Platform[] = [express, fastify];

/** Runs a suite once on each platform. */
export function onEachPlatform(suite: (platform: Platform) => void): void {
  describe.each(platforms.map((platform) => [platform.name, platform] as const))('on %s', (_name, platform) =>
    suite(platform),
  );
}
