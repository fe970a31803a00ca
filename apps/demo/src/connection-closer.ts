import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { Drain } from './health/drain.js';

const CHECK_INTERVAL_MS = 20;

/**
 * Closes each connection after its last response, once the process has drained. Otherwise, idle connections of clients would delay the shutdown by a
 * minute.
 */
@Injectable()
export class ConnectionCloser implements BeforeApplicationShutdown {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly drain: Drain,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.drain.run();
    const server = this.host.httpAdapter.getHttpServer() as Server;
    const timer = setInterval(() => server.closeIdleConnections(), CHECK_INTERVAL_MS);
    server.once('close', () => clearInterval(timer));
  }
}
