import type { INestApplicationContext } from '@nestjs/common';
import { APP_GUARD, ModulesContainer, NestFactory } from '@nestjs/core';
import { FreshSession } from '../decorators/fresh-session.decorator.js';
import { OnOutage } from '../decorators/on-outage.decorator.js';
import { SessionModule } from '../module/session.module.js';
import { OutageGuard } from './outage.guard.js';

/** Returns the guards that the module gives to all routes of a new application. */
async function globalGuards(): Promise<unknown[]> {
  const app = await NestFactory.createApplicationContext(SessionModule.forRoot({ store: 'memory' }), {
    logger: false,
  });
  try {
    return guardsOf(app);
  } finally {
    await app.close();
  }
}

function guardsOf(app: INestApplicationContext): unknown[] {
  return [...app.get(ModulesContainer).values()]
    .flatMap(({ providers }) => [...providers.values()])
    .filter(({ token }) => String(token).startsWith(APP_GUARD))
    .map(({ instance }) => instance)
    .filter((guard) => guard !== null);
}

describe('guards of all routes', () => {
  it('no route has one while no handler has a decorator that needs one', async () => {
    expect(await globalGuards()).toEqual([]);
  });

  it('each route has one once a handler has a decorator that needs it', async () => {
    OnOutage('anonymous');
    expect(await globalGuards()).toEqual([expect.any(OutageGuard)]);
  });

  it('@FreshSession() adds none without a cache, because no session can be outdated', async () => {
    FreshSession();
    expect(await globalGuards()).toEqual([expect.any(OutageGuard)]);
  });
});
