import { startApp, type Scenario, type TestApp } from './app.js';
import type { Answer, Client } from './client.js';
import type { Platform } from './platforms.js';
import { RawExchange } from './raw-exchange.js';
import { type Act, type RawAct, Stage, staged } from './stage.js';
import { StoreHook } from './store-hook.js';

/** An application with a stage and a hook in front of its store, and a browser that is new in each test. */
export class Scene {
  readonly stage = new Stage();
  readonly hook = new StoreHook();
  app!: TestApp;
  browser!: Client;

  /** Runs a handler in one request of a client. */
  act = (handler: Act, client = this.browser): Promise<Answer> => {
    this.stage.on('act', handler);
    return client.post('/stage/act');
  };

  /** Runs a handler that responds on Node's own response, over a separate socket. */
  actRaw = (handler: RawAct): Promise<RawExchange> => {
    this.stage.onRaw('act', handler);
    const { cookie } = this.browser;
    return RawExchange.send(this.app.port, 'GET /raw/act', ...(cookie === null ? [] : [`Cookie: ${cookie}`]));
  };

  /** Returns the fields of a client's session. */
  fields = async (client = this.browser): Promise<unknown> => {
    const { body } = await this.act((session) => ({ ...session }), client);
    return body;
  };

  /** Gives the browser a session with one field, `a: 1`, and answers its id. */
  begin = async (): Promise<string> => {
    const { body } = await this.act((session) => {
      session['a'] = 1;
      return { id: session.id };
    });
    return (body as { id: string }).id;
  };
}

/** Sets a scene for the tests of a suite. */
export function setScene(platform: Platform, scenario: Scenario = {}): Scene {
  const scene = new Scene();
  const { stage, hook } = scene;
  beforeAll(async () => {
    const { controllers, providers } = staged(stage);
    scene.app = await startApp(platform, {
      ...scenario,
      controllers: [...controllers, ...(scenario.controllers ?? [])],
      providers: [...providers, ...(scenario.providers ?? [])],
      hook,
    });
    // The one warning that the cookie is Secure and the connection is not is given here, and not in some test.
    scene.browser = scene.app.client();
    await scene.begin();
  });
  beforeEach(() => {
    scene.browser = scene.app.client();
    scene.app.events.length = 0;
  });
  afterEach(() => hook.reset());
  return scene;
}
