import { UseFilters, UseGuards } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  Session,
  SessionErrorFilter,
  SessionGuard,
  SessionLimitError,
  SessionUnavailableError,
} from 'nestjs-redis-session';
import { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.js';
import { log } from '../support/log-book.js';
import { platforms } from '../support/platforms.js';

/** Nest applies no global filters to gateways. */
@UseFilters(SessionErrorFilter)
@WebSocketGateway()
class Gateway {
  @SubscribeMessage('limit')
  limit(): never {
    throw new SessionLimitError(2, []);
  }

  @SubscribeMessage('outage')
  outage(): never {
    throw new SessionUnavailableError('list sessions', new Error('connect ECONNREFUSED 10.1.2.3:6379'));
  }

  @SubscribeMessage('session')
  session(@Session() session: Session) {
    return session.id;
  }

  @UseGuards(SessionGuard)
  @SubscribeMessage('guarded')
  guarded() {
    return true;
  }

  @SubscribeMessage('hello')
  hello() {
    return { event: 'hello', data: 'there' };
  }
}

describe('a WebSocket gateway', () => {
  let app: TestApp;
  let socket: WebSocket;
  beforeAll(async () => {
    app = await startApp(platforms[0]!, {
      providers: [Gateway],
      main: (nest) => nest.useWebSocketAdapter(new WsAdapter(nest)),
    });
    socket = new WebSocket(`ws://127.0.0.1:${app.port}`);
    await new Promise((resolve) => socket.once('open', resolve));
  });
  afterAll(() => socket?.close());

  async function ask(event: string): Promise<unknown> {
    const answer = new Promise((resolve) =>
      socket.once('message', (text: Buffer) => resolve(JSON.parse(text.toString()))),
    );
    socket.send(JSON.stringify({ event, data: 'x' }));
    return answer;
  }

  test('a gateway sends its client an error of the module in the form of Nest, with its code', async () => {
    expect(await ask('limit')).toEqual({
      event: 'exception',
      data: {
        ...{ status: 'error', statusCode: 409, error: 'Conflict', code: 'SESSION_LIMIT_REACHED' },
        message: 'The limit of 2 concurrent sessions is reached. End one of them to sign in here.',
        ...{ max: 2, sessions: [], cause: { pattern: 'limit', data: 'x' } },
      },
    });
  });

  test('an outage reveals no server address to the client, and the gateway continues', async () => {
    expect(JSON.stringify(await ask('outage'))).not.toContain('ECONNREFUSED');
    expect(log.recent('error').join()).toContain('ECONNREFUSED');
    expect(await ask('hello')).toEqual({ event: 'hello', data: 'there' });
  });

  test.each(['session', 'guarded'])(
    '"%s", which needs a request, causes an error that the log explains',
    async (event) => {
      expect(await ask(event)).toMatchObject({ event: 'exception', data: { code: 'SESSION_USAGE_INVALID' } });
      expect(log.recent('error').join()).toContain('needs an HTTP request with a session');
    },
  );
});
