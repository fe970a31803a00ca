import serverlessExpress from '@codegenie/serverless-express';
import { startApp, type TestApp } from '../support/app.js';
import { toAnswer } from '../support/client.js';
import { Site } from './support/site.js';
import { about } from './support/suite.js';

interface Reply {
  readonly statusCode: number;
  readonly headers?: Record<string, string>;
  readonly multiValueHeaders?: Record<string, string[]>;
  readonly cookies?: string[];
  readonly body: string;
}

type Invoke = (event: object, context: object) => Promise<Reply>;
type EventOf = (method: string, path: string, cookie: string | null) => object;

const configure = serverlessExpress as unknown as (options: { readonly app: unknown }) => Invoke;

/** Events that AWS passes to a function, with the form in which AWS expects cookies. */
const EVENTS: readonly (readonly [string, EventOf])[] = [
  [
    'API Gateway, payload 2.0',
    (method, path, cookie) => ({
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      ...(cookie !== null && { cookies: [cookie] }),
      headers: { host: 'app.test', 'x-forwarded-proto': 'https' },
      requestContext: { http: { method, path, sourceIp: '192.0.2.7' } },
      isBase64Encoded: false,
    }),
  ],
  [
    'API Gateway, payload 1.0',
    (method, path, cookie) => ({
      resource: '/{proxy+}',
      path,
      httpMethod: method,
      headers: { host: 'app.test', ...(cookie !== null && { cookie }) },
      multiValueHeaders: { host: ['app.test'], ...(cookie !== null && { cookie: [cookie] }) },
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      requestContext: { httpMethod: method, path, identity: { sourceIp: '192.0.2.7' } },
      body: null,
      isBase64Encoded: false,
    }),
  ],
];

about('@codegenie/serverless-express', (platform) => {
  describe.each(EVENTS)('behind %s', (_name, eventOf) => {
    let app: TestApp;
    let invoke: Invoke;
    beforeAll(async () => {
      app = await startApp(platform, { controllers: [Site] });
      invoke = configure({ app: app.app.getHttpAdapter().getInstance() });
    });

    async function send(method: string, path: string, cookie: string | null = null) {
      const { statusCode, headers, multiValueHeaders, cookies, body } = await invoke(
        eventOf(method, path, cookie),
        {},
      );
      const many = multiValueHeaders?.['set-cookie'] ?? cookies ?? [];
      return toAnswer(statusCode, { ...headers, 'set-cookie': many }, body);
    }
    const pairOf = (setCookie: string | null) => setCookie?.split(';')[0] ?? null;

    test('a sign-in sets one cookie, which the next call accepts', async () => {
      const began = await send('POST', '/cart');
      const before = pairOf(began.sessionCookie);
      const signedIn = await send('POST', '/sign-in', before);
      expect(signedIn).toMatchObject({ status: 200, body: { id: expect.any(String) as string } });
      expect(signedIn.setCookies).toHaveLength(1);

      const after = pairOf(signedIn.sessionCookie);
      const me = await send('GET', '/me', after);
      expect(me).toMatchObject({ status: 200, body: { id: 'alice' }, setCookies: [] });
      expect((await send('GET', '/cart', after)).body).toEqual({ cart: ['book'] });
      expect((await send('GET', '/me', before)).status).toBe(401);
      expect(await app.sessions.list('alice')).toMatchObject([{ address: '192.0.2.7' }]);
    });

    test('parallel calls each have their own session', async () => {
      const all = await Promise.all(Array.from({ length: 5 }, () => send('POST', '/cart')));
      expect(new Set(all.map(({ sessionCookie }) => sessionCookie)).size).toBe(5);
    });
  });
});
