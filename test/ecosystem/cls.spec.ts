import { setImmediate as laterOn } from 'node:timers/promises';
import { Controller, HttpCode, Injectable, Param, Post } from '@nestjs/common';
import { ClsModule, ClsService } from 'nestjs-cls';
import { startApp, type TestApp } from '../support/app.js';
import { Browser } from './support/browser.js';
import { type NodeRequest, Site } from './support/site.js';
import { about } from './support/suite.js';

/** Reads the session of the current request, without receiving it as an argument. */
@Injectable()
class Carts {
  constructor(private readonly cls: ClsService<{ request: NodeRequest }>) {}

  async add(item: string): Promise<void> {
    await laterOn();
    this.cls.get('request').session['cart'] = [item];
  }

  get content(): unknown {
    return this.cls.get('request').session['cart'];
  }
}

@Controller()
class Shop {
  constructor(private readonly carts: Carts) {}

  @Post('add/:item')
  @HttpCode(200)
  async add(@Param('item') item: string) {
    await this.carts.add(item);
    await laterOn();
    return { cart: this.carts.content };
  }
}

about('nestjs-cls', (platform) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      imports: [
        ClsModule.forRoot({
          global: true,
          middleware: {
            mount: true,
            setup: (cls, request: NodeRequest) => cls.set('request', request),
          },
        }),
      ],
      controllers: [Shop, Site],
      providers: [Carts],
    });
  });

  test('a service finds the session of the current request, and its writes are stored', async () => {
    const items = Array.from({ length: 20 }, (_, index) => `item-${index}`);
    const browsers = items.map(() => new Browser(app));
    const answers = await Promise.all(browsers.map((browser, index) => browser.post(`/add/${items[index]}`)));
    expect(answers.map(({ body }) => body)).toEqual(items.map((item) => ({ cart: [item] })));
    expect(answers.map(({ setCookies }) => setCookies.length)).toEqual(items.map(() => 1));

    const carts = await Promise.all(browsers.map(async (browser) => (await browser.get('/cart')).body));
    expect(carts).toEqual(items.map((item) => ({ cart: [item] })));
  });

  test('a service can use the session after a sign-in', async () => {
    const browser = new Browser(app);
    await browser.post('/add/book');
    await browser.post('/sign-in');
    expect((await browser.post('/add/pen')).body).toEqual({ cart: ['pen'] });
    expect((await browser.get('/fields')).body).toEqual({ cart: ['pen'] });
  });
});
