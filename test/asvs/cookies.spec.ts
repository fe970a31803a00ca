import { Controller, Get } from '@nestjs/common';
import type { SessionCookieOptions } from 'nestjs-redis-session';
import { Session } from 'nestjs-redis-session';
import { startApp, TLS } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import type { AnySession } from '../support/stage.js';
import { sweep } from '../demo/support/sweep.js';
import { DemoSite, signIn } from '../demo/support/demo-site.js';

@Controller()
class VisitController {
  @Get('visit')
  visit(@Session() session: AnySession) {
    const isKnown = session['visited'] === true;
    session['visited'] = true;
    return { isKnown };
  }
}

// The default cookie of the module, which needs TLS.
onEachPlatform((platform) => {
  const cookieOf = async (cookie?: SessionCookieOptions) => {
    const session = cookie ? { cookie } : {};
    const app = await startApp(platform, { controllers: [VisitController], tls: TLS, session });
    const { sessionCookie } = await app.client().get('/visit');
    await app.stop();
    return sessionCookie ?? '';
  };

  it('the cookie is HttpOnly, and its value appears nowhere else [ASVS 3.3.4]', async () => {
    expect(await cookieOf()).toContain('; HttpOnly');
    const site = await DemoSite.open();
    const demo = await site.start({ HTTP_ADAPTER: platform.name.toLowerCase() });
    const client = await signIn(demo.client());
    for (const path of ['/api/me', '/api/session', '/api/sessions', '/api/cookie', '/api/data'])
      await client.get(path);
    expect(site.seen.tokens.size).toBe(1);
    await sweep(site.redis, { tokens: site.seen.tokens, texts: [...site.seen.texts, demo.output] });
    await site.close();
  });

  it('the cookie can have the strictest attributes [WSTG-SESS-02] [ASVS 3.3.2]', async () => {
    expect(await cookieOf({ sameSite: 'strict' })).toMatch(
      /^__Host-sid=[\w-]{46}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  it('a client that drops the Secure cookie is anonymous [WSTG-SESS-09]', async () => {
    const app = await startApp(platform, { controllers: [VisitController], tls: TLS });
    const client = app.client();
    const first = await client.get('/visit');
    expect(first.sessionCookie).toContain('; Secure');
    expect(first.sessionCookie).not.toContain('Domain');
    expect((await client.get('/visit')).body).toEqual({ isKnown: true });
    const second = await client.get('/visit', { cookie: null });
    expect(second.body).toEqual({ isKnown: false });
    expect(second.sessionCookie).toMatch(/^__Host-sid=/);
    expect(second.sessionCookie).not.toBe(first.sessionCookie);
    await app.stop();
  });
});
