import type { INestApplication } from '@nestjs/common';
import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { createHttpAdapter } from './http-adapter.js';
import type { Settings } from './settings/settings.js';
import { securityHeaders } from './protection/security-headers.js';
import type { Storage } from './storage/storage.js';

/** Creates the application on the HTTP platform in the settings. The application does not listen yet. */
export async function createApp(settings: Settings, storage: Storage): Promise<INestApplication> {
  const adapter = createHttpAdapter(settings.httpAdapter);
  const app = await NestFactory.create(AppModule.with(settings, storage), adapter, {
    logger: ['warn', 'error', 'fatal'],
    // main.ts prints the reason of a failed start in one line. Until the start, Nest's own logs stay in the buffer.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  });
  app.use(securityHeaders);
  app.useGlobalPipes(new ValidationPipe({ transform: true }));
  return app;
}
