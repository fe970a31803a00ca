// A worker process: one instance of an application. Requests come and answers go by messages of its parent.
import { NestFactory } from '@nestjs/core';
import { SESSION_RUNTIME, SESSION_STORE, SessionModule, SessionService } from 'nestjs-redis-session';
import type { SessionModuleOptions, SessionStore } from 'nestjs-redis-session';
import type { SessionRuntime } from 'nestjs-redis-session/core';
import type { Incident } from './history.js';
import { instant } from './history.js';
import type { Command, FromWorker, WorkerSettings } from './protocol.js';
import { expectInTime, keepCalls } from './store-watch.js';
import type { Library } from './visit.js';
import { Visit } from './visit.js';

const settings = JSON.parse(process.argv[2] as string) as WorkerSettings;

process.on('unhandledRejection', (reason) => report('unhandled', reason));
process.on('uncaughtException', (error) => report('unhandled', error));
// The parent has ended, however it did.
process.on('disconnect', () => process.exit(0));

const application = await NestFactory.createApplicationContext(SessionModule.forRoot(optionsOf(settings)), {
  logger: ['error'],
  abortOnError: false,
});
const library: Library = {
  runtime: application.get<SessionRuntime>(SESSION_RUNTIME),
  service: application.get(SessionService),
};
const store = application.get<SessionStore>(SESSION_STORE);
const onLate = (text: string) => report('late', text);
keepCalls(store);
expectInTime(store, settings.deadlineMs, onLate);
const { store: cached } = library.runtime;
if (cached !== store) expectInTime(cached, settings.deadlineMs, onLate);

process.on('message', (command: Command | 'stop') => {
  if (command === 'stop') void stop();
  else void visit(command);
});
send({ kind: 'ready' });

async function visit(command: Command): Promise<void> {
  try {
    send({ kind: 'reply', reply: await new Visit(library, settings.process, command).run() });
  } catch (error) {
    report('unexpected-error', error);
    send({ kind: 'reply', reply: { request: command.request, steps: [] } });
  }
}

async function stop(): Promise<void> {
  await application.close();
  process.disconnect();
}

function optionsOf(worker: WorkerSettings): SessionModuleOptions {
  return {
    redis: worker.redis as NonNullable<SessionModuleOptions['redis']>,
    prefix: worker.prefix,
    idle: `${worker.timeouts.idleMs}ms`,
    absolute: `${worker.timeouts.absoluteMs}ms`,
    limit: worker.limit,
    rotation: { every: `${worker.rotateEveryMs}ms`, grace: `${worker.graceMs}ms` },
    outage: { deadline: `${worker.deadlineMs}ms` },
    endReasons: `${worker.endReasonsMs}ms`,
    cache: worker.stalenessMs !== null && { staleness: worker.stalenessMs },
  };
}

function report(kind: Incident['kind'], cause: unknown): void {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  send({ kind: 'incident', incident: { kind, at: instant(), text } });
}

function send(message: FromWorker): void {
  process.send?.(message);
}
