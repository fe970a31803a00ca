import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { load, startRedisForExamples, stopExamples } from './support/run-example.js';

interface Example {
  readonly AppModule: Type;
  readonly useSessions?: (app: INestApplication) => Promise<void>;
  readonly close?: () => void;
}

/** A browser that keeps one cookie, whatever its name. */
class Browser {
  cookie = '';

  constructor(private readonly url: string) {}

  async send(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const response = await fetch(this.url + path, {
      method,
      headers: { cookie: this.cookie, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0] as string;
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }
}

beforeAll(startRedisForExamples);
afterAll(stopExamples);

describe.each(['before', 'after'])('the application %s moving from express-session', (name) => {
  let example: Example;
  let app: INestApplication;
  let browser: Browser;

  beforeAll(async () => {
    example = await load<Example>(`coming-from-express-session/${name}`);
    app = await NestFactory.create(example.AppModule, { abortOnError: false });
    await example.useSessions?.(app);
    await app.listen(0, '127.0.0.1');
    browser = new Browser(await app.getUrl());
  });

  afterAll(async () => {
    await app.close();
    example.close?.();
  });

  it(`the application ${name} moving from express-session gives the same responses`, async () => {
    expect((await browser.send('GET', '/me')).status).toBe(401);
    expect((await browser.send('POST', '/login', { name: 'alice', password: 'wrong' })).status).toBe(401);
    const signedIn = await browser.send('POST', '/login', { name: 'alice', password: 'secret' });
    expect(signedIn).toEqual({ status: 201, body: { userId: 'alice' } });
    expect(await browser.send('GET', '/me')).toEqual({ status: 200, body: { id: 'alice', visits: 1 } });
    expect(await browser.send('GET', '/me')).toEqual({ status: 200, body: { id: 'alice', visits: 2 } });
    const { cookie } = browser;
    expect((await browser.send('POST', '/logout')).status).toBe(201);
    browser.cookie = cookie;
    expect((await browser.send('GET', '/me')).status).toBe(401);
  });
});
