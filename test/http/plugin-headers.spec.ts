import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import { Controller, Get, type INestApplication, Res } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import helmet from 'helmet';
import { Session, SessionUnavailableError } from 'nestjs-redis-session';
import { onEachPlatform, type Platform } from '../support/platforms.js';
import { setScene } from '../support/scene.js';
import type { Act, AnySession } from '../support/stage.js';

const ORIGIN = 'https://app.example';
const CORS = { origin: [ORIGIN], credentials: true, exposedHeaders: ['X-Total'] };

/** Sets headers for CORS and security with the plugins of each platform. */
async function usePlugins(platform: Platform, nest: INestApplication): Promise<void> {
  const instance = nest.getHttpAdapter().getInstance() as {
    register(plugin: unknown, options?: object): unknown;
  };
  if (platform.name === 'Express') {
    nest.use(helmet());
    return nest.enableCors(CORS);
  }
  await instance.register(fastifyCors, CORS);
  await instance.register(fastifyHelmet);
}

class Rules {
  @IsOptional()
  @IsString()
  theme?: string;
}

@Controller()
class RefusedController {
  /** Sets a header that Node rejects, on Fastify when the whole head is written. */
  @Get('refused')
  refused(
    @Session() session: AnySession,
    @Res({ passthrough: true }) response: { header(name: string, value: string): void },
  ) {
    session['a'] = 1;
    response.header('X-Name', '世');
    return {};
  }
}

onEachPlatform((platform) => {
  describe("headers of plugins, on a response that replaces the application's", () => {
    const scene = setScene(platform, {
      main: (nest) => usePlugins(platform, nest),
      controllers: [RefusedController],
      session: { size: { max: 1_000, warn: 1_000 }, data: { class: Rules } },
    });
    const OUTAGE = new SessionUnavailableError('save a session', new Error('unavailable'));

    test.each<[number, string, Act]>([
      [400, 'a field that breaks a rule', (session) => void (session['theme'] = 7)],
      [413, 'a session that is too large', (session) => void (session['a'] = 'x'.repeat(2_000))],
      [500, 'a value that cannot be stored', (session) => void (session['a'] = 1n)],
      [503, 'an unavailable store', (session) => void (session['a'] = 1)],
    ])('headers of plugins stay on a %s for %s', async (status, _why, act) => {
      if (status === 503) scene.hook.fail(OUTAGE, 'create');
      scene.stage.on('act', act);
      const headers = { Origin: ORIGIN };
      const answer = await scene.browser.post('/stage/act', undefined, { headers });

      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'X-Total',
        'x-frame-options': 'SAMEORIGIN',
        'strict-transport-security': expect.stringContaining('max-age') as string,
        'content-security-policy': expect.stringContaining('default-src') as string,
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(Buffer.byteLength(answer.text)),
        'cache-control': 'no-store',
      });
      expect(answer.headers.vary).toMatch(/Origin/);
      expect(answer.headers.vary).toMatch(/Cookie/);
    });

    test('headers of plugins stay if Node rejects the head', async () => {
      const answer = await scene.browser.get('/refused', { headers: { Origin: ORIGIN } });

      expect(answer.status).toBe(500);
      expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(answer.headers['x-name']).toBeUndefined();
    });
  });
});
