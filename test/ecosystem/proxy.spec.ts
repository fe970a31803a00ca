import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from './support/browser.js';
import { type NodeRequest, type NodeResponse, Site } from './support/site.js';
import { about } from './support/suite.js';

const LONG = 'a long text. '.repeat(30_000);

interface Seen {
  readonly user: unknown;
  readonly cart: unknown;
  readonly body: string;
}

/** Starts a service behind the application, which sets its own cookie and responds in chunks. */
async function startService(): Promise<Server> {
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      response.setHeader('set-cookie', 'theme=dark; Path=/');
      const { 'x-user': user = null, 'x-cart': cart = null } = request.headers;
      const answer = JSON.stringify({ user, cart, body });
      response.write(answer.slice(0, 10));
      setImmediate(() => response.end(answer.slice(10)));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

about('http-proxy-middleware', (platform) => {
  let app: TestApp;
  let service: Server;
  let browser: Browser;
  beforeAll(async () => {
    service = await startService();
    const target = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const proxy = createProxyMiddleware<NodeRequest, NodeResponse>({
      target,
      on: {
        proxyReq: (outgoing, { session }) => {
          outgoing.removeHeader('cookie'); // the token must not reach the service
          if (session['cart']) outgoing.setHeader('x-cart', (session['cart'] as string[]).join());
        },
      },
    });
    const count = ({ session }: NodeRequest, _response: NodeResponse, next: () => void) => {
      session['calls'] = Number(session['calls'] ?? 0) + 1;
      next();
    };
    app = await startApp(platform, {
      controllers: [Site],
      main: (nest) => nest.use('/service', count).use('/service', proxy),
    });
  });
  beforeEach(() => void (browser = new Browser(app)));
  afterAll(() => {
    service.closeAllConnections();
    service.close();
  });

  test('a proxied response arrives complete, with the cookies of both, and the session is stored', async () => {
    const answer = await browser.post('/service/echo', { text: LONG });
    expect(answer.status).toBe(200);
    expect(JSON.parse((answer.body as Seen).body)).toEqual({ text: LONG });
    expect(answer.setCookies).toHaveLength(2);
    expect(answer.setCookies).toContain('theme=dark; Path=/');

    const next = await browser.get('/service/echo');
    expect(next.setCookies).toEqual(['theme=dark; Path=/']);
    expect((await browser.get('/fields')).body).toEqual({ calls: 2 });
  });

  test('the proxied request can depend on the session, and its token is not forwarded', async () => {
    await browser.post('/cart');
    expect((await browser.get('/service/echo')).body).toMatchObject({ cart: 'book' });
    expect((await new Browser(app).get('/service/echo')).body).toMatchObject({ cart: null });
  });

  test('an unavailable service fails the request, and the session stays', async () => {
    await browser.post('/sign-in');
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
    expect((await browser.get('/service/echo')).status).toBeGreaterThanOrEqual(500);
    expect((await browser.get('/me')).body).toEqual({ id: 'alice' });
  });
});
