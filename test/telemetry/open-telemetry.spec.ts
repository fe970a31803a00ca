import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { context, metrics, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { SessionModule } from 'nestjs-redis-session';
import { METRICS, openTelemetry } from 'nestjs-redis-session/telemetry';
import { startApp, type TestApp } from '../support/app.js';
import { type Platform, platforms } from '../support/platforms.js';
import { DeskController } from './support/desk.js';

const [express] = platforms as [Platform];
const HOUR_MS = 60 * 60_000;
const spans = new InMemorySpanExporter();
const collected = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({
  exporter: collected,
  exportIntervalMillis: HOUR_MS,
});
const meters = new MeterProvider({ readers: [reader] });
const traces = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });

/** Stands for the instrumentation of HTTP: gives each request a span, unless its path says otherwise. */
function traceRequests(request: { url: string }, response: object, next: () => void): void {
  if (request.url.includes('untraced')) return next();
  const on = (response as { once(event: string, listener: () => void): unknown }).once.bind(response);
  trace.getTracer('http').startActiveSpan(`request ${request.url}`, (span) => {
    on('finish', () => span.end());
    next();
  });
}

let app: TestApp;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  metrics.setGlobalMeterProvider(meters);
  trace.setGlobalTracerProvider(traces);
  app = await startApp(express, {
    early: (adapter) => void adapter.use(traceRequests),
    session: { telemetry: openTelemetry({ sessionIds: true }) },
    controllers: [DeskController],
  });
});
beforeEach(() => spans.reset());
afterAll(async () => {
  await meters.shutdown();
  await traces.shutdown();
  for (const api of [context, metrics, trace]) api.disable();
});

/** Returns the metrics of this package, as an exporter receives them. */
async function exported(): Promise<MetricData[]> {
  collected.reset();
  await reader.forceFlush();
  const [resource] = collected.getMetrics();
  const scope = resource?.scopeMetrics.find((some) => some.scope.name === 'nestjs-redis-session');
  return scope?.metrics ?? [];
}

function named(name: string): ReadableSpan {
  const span = spans.getFinishedSpans().find((some) => some.name === name);
  if (!span)
    throw new Error(
      `no span ${name}: ${spans
        .getFinishedSpans()
        .map((some) => some.name)
        .join()}`,
    );
  return span;
}

describe('metrics in OpenTelemetry', () => {
  it('metrics have the names, units and buckets of the catalogue', async () => {
    await app.client().post('/write', { note: 'x' });
    const found = new Map((await exported()).map((metric) => [metric.descriptor.name, metric]));
    for (const { name, unit, description, buckets } of METRICS) {
      const metric = found.get(name);
      // The figures of the servers are sampled on request, and the breaker has no failures yet.
      if (!metric) continue;
      expect(metric.descriptor).toMatchObject({ unit, description });
      const [point] = metric.dataPoints;
      if (buckets) expect(point?.value).toMatchObject({ buckets: { boundaries: [...buckets] } });
    }
    expect(found.size).toBeGreaterThan(20);
  });

  it('calls have the attributes of the conventions for databases', async () => {
    await app.client().post('/write', { note: 'x' });
    const duration = (await exported()).find((one) => one.descriptor.name === 'db.client.operation.duration');
    const create = duration?.dataPoints.find(
      ({ attributes }) => attributes['db.operation.name'] === 'create',
    );
    expect(create?.attributes).toEqual({ 'db.system.name': 'redis', 'db.operation.name': 'create' });
  });
});

describe('spans', () => {
  it('a load, a commit and a sign-in have spans beneath that of their request, and no token', async () => {
    const browser = app.client();
    await browser.post('/write', { note: 'one' });
    const { sessionId: anonymousId } = await stored(browser.cookie);
    await browser.post('/write', { note: 'two' });
    await browser.post('/sign-in', { id: 'ada' });
    const { sessionId } = await stored(browser.cookie);
    const root = named('request /write');
    expect(named('session commit').spanContext().traceId).toBe(root.spanContext().traceId);
    expect(named('session commit').parentSpanContext?.spanId).toBe(root.spanContext().spanId);
    expect(named('session commit').attributes).toEqual({ 'session.id': anonymousId });
    expect(named('session load').attributes).toEqual({ 'session.id': anonymousId });
    expect(named('session sign_in').attributes).toEqual({ 'session.id': sessionId });
    const tokens = JSON.stringify(
      spans.getFinishedSpans().map(({ attributes, events }) => [attributes, events]),
    );
    expect(tokens).not.toContain(String(browser.cookie).split('=')[1]);
  });

  it('a request without a recorded span gets none', async () => {
    const browser = app.client();
    await browser.post('/write?untraced', { note: 'one' });
    await browser.post('/sign-in?untraced', { id: 'ada' });
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  it('a span reports the error of its operation', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const failing = await startApp(express, {
      early: (adapter) => void adapter.use(traceRequests),
      sessionModule: SessionModule.forRootAsync({
        useFactory: () => ({
          redis: `redis://127.0.0.1:${port}`,
          outage: { startup: 'degraded' as const, deadline: '200ms' },
          telemetry: openTelemetry(),
        }),
      }),
      controllers: [DeskController],
    });
    expect((await failing.client().get('/read', { cookie: await signedInCookie() })).status).toBe(503);
    silent.close();
    expect(named('session load')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'SessionUnavailableError' },
    });
  });
});

async function signedInCookie(): Promise<string> {
  const browser = app.client();
  await browser.post('/sign-in?untraced', { id: 'ada' });
  return String(browser.cookie);
}

/** Returns the public ID of the session of a cookie. */
async function stored(cookie: string | null): Promise<{ sessionId: string }> {
  const { sessionIdOf, parseToken } = await import('nestjs-redis-session/core');
  const token = parseToken(String(cookie).split('=')[1] as string);
  if (!token) throw new Error('no token');
  return { sessionId: sessionIdOf(token) };
}
