import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Settings } from './settings/settings.js';

const JSON_TYPE = 'application/json';

/** Creates the adapter for an HTTP platform. The application is the same on both. */
export function createHttpAdapter({
  httpAdapter,
  trustProxy,
}: Pick<Settings, 'httpAdapter' | 'trustProxy'>): AbstractHttpAdapter {
  return httpAdapter === 'fastify' ? createFastifyAdapter(trustProxy) : createExpressAdapter(trustProxy);
}

function createExpressAdapter(trustProxy: string | null): ExpressAdapter {
  const adapter = new ExpressAdapter();
  if (trustProxy !== null) adapter.set('trust proxy', trustProxy);
  return adapter;
}

/** Accepts an empty JSON body, as Express does: many clients send the content type with every request. */
function createFastifyAdapter(trustProxy: string | null): FastifyAdapter {
  const adapter = new FastifyAdapter(trustProxy === null ? {} : { trustProxy });
  const parseJson = adapter.getInstance().getDefaultJsonParser('error', 'error');
  adapter.useBodyParser(JSON_TYPE, false, {}, (request, body, done) => {
    if (body.length === 0) done(null);
    else void parseJson(request, body.toString(), done);
  });
  return adapter;
}
