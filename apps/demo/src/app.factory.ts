import type { INestApplication } from '@nestjs/common';
import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { createHttpAdapter } from './http-adapter.js';
import type { Settings } from './settings/settings.js';
import { securityHeaders } from './protection/security-headers.js';
import type { Storage } from './storage/storage.js';

/** The application on the platform that the settings name, not yet listening. */
export async function createApp(settings: Settings, storage: Storage): Promise<INestApplication> {
  const adapter = createHttpAdapter(settings.httpAdapter);
  const app = await NestFactory.create(AppModule.with(settings, storage), adapter, {
    logger: ['warn', 'error', 'fatal'],
    // main.ts says in one line why a start failed; what Nest would log of it stays in the buffer.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  });
  app.use(securityHeaders);
  app.useGlobalPipes(new ValidationPipe({ transform: true }));
  return app;
}
