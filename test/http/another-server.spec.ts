import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { Session } from 'nestjs-redis-session';
import { startApp } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import type { AnySession } from '../support/stage.js';

@Controller('count')
class CountController {
  @Get()
  count(@Session() session: AnySession) {
    return { count: (session['count'] = ((session['count'] as number | undefined) ?? 0) + 1) };
  }
}

onEachPlatform((platform) => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    let nest: INestApplication | undefined;
    const main = (app: INestApplication) => (nest = app);
    await startApp(platform, {
      controllers: [CountController],
      session: { cookie: { secure: 'auto' } },
      main,
    });
    server = createServer(listenerOf(nest as INestApplication)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/count`;
  });
  afterAll(() => void server.close());

  test('an application served by an additional server, outside of Nest, has its sessions there, too', async () => {
    const first = await fetch(url);
    expect(await first.json()).toEqual({ count: 1 });
    const [cookie = ''] = first.headers.getSetCookie();
    const second = await fetch(url, { headers: { cookie: cookie.split(';', 1)[0] as string } });
    expect(await second.json()).toEqual({ count: 2 });
    expect([second.headers.get('vary'), second.headers.getSetCookie()]).toEqual(['Cookie', []]);
  });
});

/** Returns the request listener of a Nest application, for use in another server. */
function listenerOf(nest: INestApplication): RequestListener {
  const instance: unknown = nest.getHttpAdapter().getInstance();
  if (typeof instance === 'function') return instance as RequestListener;
  const { routing } = instance as { routing: RequestListener };
  return routing;
}
