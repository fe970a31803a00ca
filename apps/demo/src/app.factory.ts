import type { INestApplication } from '@nestjs/common';
import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import { AppModule } from './app.module.js';
import { createHttpAdapter } from './http-adapter.js';
import type { Settings } from './settings/settings.js';
import { securityHeaders } from './protection/security-headers.js';
import type { Storage } from './storage/storage.js';

/** Longer than any proxy of this repository keeps an idle connection. */
const KEEP_ALIVE_MS = 75_000;

/** Creates the application on the HTTP platform in the settings. The application does not listen yet. */
export async function createApp(settings: Settings, storage: Storage): Promise<INestApplication> {
  const adapter = createHttpAdapter(settings);
  const app = await NestFactory.create(AppModule.with(settings, storage), adapter, {
    logger: ['warn', 'error', 'fatal'],
    // main.ts prints the reason of a failed start in one line. Until the start, Nest's own logs stay in the buffer.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  });
  app.use(securityHeaders);
  if (settings.trustProxy !== null) keepConnections(app);
  app.useGlobalPipes(new ValidationPipe({ transform: true }));
  return app;
}

/** Keeps idle connections for longer than the proxy does, so that the proxy sends no request over one that is being closed. */
function keepConnections(app: INestApplication): void {
  const server = app.getHttpServer() as Server;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
}
