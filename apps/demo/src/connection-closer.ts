import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';

const CHECK_EVERY_MS = 20;

/** Closes each connection as soon as its last request is answered. Left alone, clients hold up the end for a minute. */
@Injectable()
export class ConnectionCloser implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  beforeApplicationShutdown(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    const timer = setInterval(() => server.closeIdleConnections(), CHECK_EVERY_MS);
    server.once('close', () => clearInterval(timer));
  }
}
