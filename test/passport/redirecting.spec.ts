import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Req,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { type Session, SessionService } from 'nestjs-redis-session';
import passport, { Strategy } from 'passport';
import { startApp, type TestApp } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import type { PassportRequest } from './passport.app.js';

const PROVIDER = 'https://provider.example/authorize';

/** Properties of Express' request that strategies for OAuth and SAML use. */
interface StrategyRequest {
  readonly query: { code?: string; state?: string; form?: string };
  readonly session: Session<{ state?: string; messages?: string[] }>;
  readonly url: string;
  readonly connection: { readonly encrypted?: boolean };
  readonly res: { send(body: string): unknown; setHeader(name: string, value: unknown): unknown };
}

/** Signs in as OAuth and SAML do: by a redirect to a provider, or by a form that submits itself. */
class ProviderStrategy extends Strategy {
  override readonly name = 'provider';

  override authenticate(platformRequest: unknown): void {
    const request = platformRequest as StrategyRequest;
    const { query, session } = request;
    if (query.code === undefined) return void this.begin(request);
    if (query.state !== session.state) return this.fail({ message: 'another state' }, 403);
    delete session.state;
    this.success({ id: query.code });
  }

  private begin(request: StrategyRequest): void {
    request.session.state = 'xyz';
    const scheme = request.connection.encrypted ? 'https' : 'http';
    if (request.query.form === undefined) return this.redirect(`${PROVIDER}?state=xyz&over=${scheme}`);
    request.res.setHeader('Content-Type', 'text/html');
    request.res.setHeader('Set-Cookie', 'form=1');
    request.res.setHeader('Set-Cookie', 'form=2');
    request.res.send('<form></form>');
  }
}

@Injectable()
class NestStrategy extends PassportStrategy(ProviderStrategy) {
  validate(user: unknown): unknown {
    return user;
  }
}

/** Calls passport as in its own documentation, without the callback through which `AuthGuard` gets the user. */
class ByHandGuard implements CanActivate {
  canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const options = { failureRedirect: '/sorry', failureFlash: 'The state does not match.', session: false };
    const authenticate = passport.authenticate('provider', options) as (...args: unknown[]) => void;
    return new Promise((resolve) =>
      authenticate(http.getRequest(), http.getResponse(), (error?: unknown) => resolve(!error)),
    );
  }
}

/** Keeps messages in the session, as `connect-flash` does. */
function flash(this: StrategyRequest, _type: string, message?: string): string[] {
  if (message !== undefined) this.session.messages = [message];
  return this.session.messages ?? [];
}

@Controller()
class ProviderController {
  constructor(private readonly sessions: SessionService) {}

  @Get('login')
  @UseGuards(AuthGuard('provider'))
  async login(@Req() request: PassportRequest) {
    return this.sessions.signIn(request, request.user as { id: number });
  }

  @Get('by-hand')
  @UseGuards(ByHandGuard)
  byHand(@Req() request: PassportRequest) {
    return { user: request.user };
  }

  @Get('sorry')
  sorry(@Req() request: StrategyRequest & { flash: typeof flash }) {
    return { messages: request.flash('error') };
  }
}

onEachPlatform((platform) => {
  describe('a strategy that redirects, under AuthGuard', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp(platform, {
        imports: [PassportModule],
        controllers: [ProviderController],
        providers: [NestStrategy],
        main: (nest) =>
          nest.use((request: { flash?: unknown }, _response: unknown, next: () => void) => {
            request.flash = flash;
            next();
          }),
      });
    });

    test('the browser is redirected to the provider once the state is stored, and is signed in when it returns', async () => {
      const browser = app.client();
      const there = await browser.get('/login');

      expect(there).toMatchObject({ status: 302, text: '' });
      expect(there.headers.location).toBe(`${PROVIDER}?state=xyz&over=http`);
      expect(there.sessionCookie).not.toBeNull();
      const back = await browser.get('/login?code=alice&state=xyz');
      expect(back).toMatchObject({ status: 200, body: { userId: 'alice' } });
    });

    test('a browser that returns with another state is rejected', async () => {
      const browser = app.client();
      await browser.get('/login');

      expect((await browser.get('/login?code=alice&state=abc')).status).toBe(401);
    });

    test('the strategy can redirect a failure, with a flash message for the next page', async () => {
      const browser = app.client();
      await browser.get('/login');
      const failure = await browser.get('/by-hand?code=alice&state=abc');

      expect(failure).toMatchObject({ status: 302, headers: { location: '/sorry' } });
      expect((await browser.get('/sorry')).body).toEqual({ messages: ['The state does not match.'] });
    });

    test('the strategy can answer with a form through the response of Express', async () => {
      const answer = await app.client().get('/login?form');

      expect(answer).toMatchObject({ status: 200, text: '<form></form>' });
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
      expect(answer.setCookies.filter((cookie) => cookie.startsWith('form='))).toEqual(['form=2']);
      expect(answer.sessionCookie).not.toBeNull();
    });
  });
});
