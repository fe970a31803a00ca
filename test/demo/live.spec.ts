import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { expectError } from './support/expect-error.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const TIMEOUT_MS = 10_000;

interface Message {
  readonly type: string;
  readonly data: unknown;
}

describe.each(PLATFORMS)('server-sent events of the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform, DEMO_USERS: '9', SESSION_DEADLINE: '10s' });
  });
  afterAll(() => site.close());

  /** Reads a stream until it ends. */
  async function listen(client: Client, path = '/api/events', port = demo.port) {
    const messages: Message[] = [];
    let text = '';
    const sent = request({ host: '127.0.0.1', port, path, headers: { Cookie: client.cookie ?? '' } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const ended = new Promise((resolve) => response.once('close', resolve));
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      site.seen.texts.push(chunk.toString());
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      messages.push(...parts.flatMap(messageOf));
    });
    const received = (type: string, count = 1) =>
      until(
        `${count} of ${type}`,
        TIMEOUT_MS,
        () => messages.filter((each) => each.type === type).length >= count,
      );
    return { messages, response, ended, received, close: () => sent.destroy() };
  }

  it('the stream sends the user’s sessions whenever they change', async () => {
    const mine = await signIn(demo.client(), 'user1');
    const { messages, received, close, response } = await listen(mine);
    expect(response.headers['content-type']).toBe('text/event-stream');
    await received('sessions');
    const other = await signIn(demo.client(), 'user1', FIREFOX);
    await received('sessions', 2);
    expect(messages[1]?.data).toEqual([
      expect.objectContaining({ device: 'Firefox on Linux', current: false }),
      expect.objectContaining({ current: true }),
    ]);
    await other.post('/api/logout');
    await received('sessions', 3);
    expect(messages[2]?.data).toHaveLength(1);
    close();
  });

  it('the stream of an evicted session ends with the reason, the time and the device that replaced it', async () => {
    const first = await signIn(demo.client(), 'solo');
    const { messages, ended, received } = await listen(first);
    await received('sessions');
    await signIn(demo.client(), 'solo', FIREFOX);
    await ended;
    expect(messages.at(-1)).toEqual({
      type: 'ended',
      data: {
        reason: 'evicted',
        at: expect.stringMatching(/^\d{4}-/) as string,
        by: { device: 'Firefox on Linux', address: '127.0.0.1' },
      },
    });
  });

  it('the stream reports that another process has ended the session', async () => {
    const other = await site.start({ HTTP_ADAPTER: platform, DEMO_USERS: '9' });
    const client = await signIn(demo.client(), 'user2');
    const { messages, ended } = await listen(client);
    await other.client(client.cookie).post('/api/logout');
    await ended;
    expect(messages.at(-1)).toMatchObject({ type: 'ended', data: { reason: 'signed-out' } });
    await other.stop();
  });

  it('an open stream does not extend the session', async () => {
    const quick = await site.start({ HTTP_ADAPTER: platform, SESSION_IDLE: '1s', SESSION_ABSOLUTE: '1h' });
    const client = await signIn(quick.client(), 'bob');
    const { messages, ended } = await listen(client, '/api/events', quick.port);
    await ended;
    expect(messages.at(-1)).toEqual({ type: 'ended', data: { reason: 'expired', at: null } });
    await quick.stop();
  });

  it('a user has at most 20 open streams, and other users can still open theirs', async () => {
    const client = await signIn(demo.client(), 'user4');
    const streams = await Promise.all(Array.from({ length: 20 }, () => listen(client)));
    expectError(await client.get('/api/events'), 429);
    const other = await listen(await signIn(demo.client(), 'user5'));
    expect(other.response.statusCode).toBe(200);
    streams[0]?.close();
    await until('a free stream', TIMEOUT_MS, async () => {
      const again = await listen(client);
      streams.push(again);
      return again.response.statusCode === 200;
    });
    for (const stream of [...streams, other]) stream.close();
  });

  it('open streams do not delay the shutdown of the demo', async () => {
    const quick = await site.start({ HTTP_ADAPTER: platform });
    const client = await signIn(quick.client(), 'admin');
    const streams = [
      await listen(client, '/api/events', quick.port),
      await listen(client, '/api/admin/live', quick.port),
    ];
    expect(await quick.stop()).toBe(0);
    await Promise.all(streams.map(({ ended }) => ended));
  });

  it('the metrics count the sessions of all users, including sign-ins on another process', async () => {
    const quick = await site.start({ HTTP_ADAPTER: platform, DEMO_USERS: '9' });
    const admin = await signIn(demo.client(), 'admin');
    const { messages, close } = await listen(admin, '/api/admin/live');
    const counted = () => {
      const metrics = messages.filter(({ type }) => type === 'metrics').at(-1)?.data;
      return (metrics as { sessions: { count: number } | null }[] | undefined)?.at(-1)?.sessions?.count;
    };
    await until('a count', TIMEOUT_MS, () => counted() !== undefined);
    await quick.client().post('/api/login', { username: 'user9', password: 'password' });
    await admin.post('/api/admin/revoke-everyone', { keepMine: true });
    await until('one session', TIMEOUT_MS, () => counted() === 1);
    for (const user of ['user8', 'user9']) await signIn(quick.client(), user);
    await until('three sessions', TIMEOUT_MS, () => counted() === 3);
    close();
    await quick.stop();
  });

  it('the stream requires a sign-in, and the metrics an administrator', async () => {
    expectError(await demo.client().get('/api/events'), 401, { reason: 'anonymous' });
    const client = await signIn(demo.client(), 'user3');
    expectError(await client.get('/api/admin/live'), 403);
    const admin = await signIn(demo.client(), 'admin');
    const { messages, received, ended } = await listen(admin, '/api/admin/live');
    await received('metrics', 3);
    const last = (messages.at(-1)?.data as Record<string, unknown>[]).at(-1);
    expect(last).toMatchObject({
      sessions: { count: expect.any(Number) as number, ofLatest: null },
      signIns: expect.any(Number) as number,
      store: { breaker: 'closed', calls: expect.any(Number) as number },
      cache: null,
    });
    await admin.post('/api/logout');
    await ended;
    expect(messages.at(-1)).toMatchObject({ type: 'ended', data: { reason: 'signed-out' } });
  });
});

function messageOf(part: string): Message[] {
  const type = /^event: (.*)$/m.exec(part)?.[1];
  const data = /^data: (.*)$/m.exec(part)?.[1];
  return type !== undefined && data !== undefined ? [{ type, data: JSON.parse(data) as unknown }] : [];
}
