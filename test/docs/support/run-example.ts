import type { AddressInfo, Server } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client, Sightings } from '../../support/client.js';
import type { Platform } from '../../support/platforms.js';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';

const EXAMPLES = new URL('../../../docs/examples/', import.meta.url);

let server: RedisServer | undefined;
const running: INestApplication[] = [];

/** Starts a Redis for the examples, which read its address from the environment. */
export async function startRedisForExamples(): Promise<void> {
  Logger.overrideLogger(false);
  server = await startRedisServer();
  process.env['REDIS_URL'] = server.url;
  process.env['REDIS_PORT'] = String(server.port);
}

/** Stops everything that the tests of a file have started. */
export async function stopExamples(): Promise<void> {
  await Promise.all(running.splice(0).map((app) => app.close()));
  await server?.stop();
}

/** Imports an example by a computed name, because the examples are a separate TypeScript program. */
export async function load<T = { AppModule: Type }>(name: string): Promise<T> {
  return (await import(new URL(`${name}.ts`, EXAMPLES).href)) as T;
}

/** Makes an application listen, and returns a browser that visits it. */
export async function serve(app: INestApplication): Promise<Client> {
  running.push(app);
  await app.listen(0, '127.0.0.1');
  return visitorOf(app);
}

/** Returns a new browser that visits a running application. */
export function visitorOf(app: INestApplication): Client {
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  return new Client({ host: '127.0.0.1', port }, new Sightings());
}

/** Runs an example's module on a platform. */
export async function run(
  module: Type,
  platform: Platform,
  main: (app: INestApplication) => void = () => undefined,
): Promise<INestApplication> {
  const app = await NestFactory.create(module, platform.adapter(), { abortOnError: false });
  main(app);
  await serve(app);
  return app;
}
