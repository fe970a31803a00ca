import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateIntent, FieldChanges, SessionRecord, SessionService } from 'nestjs-redis-session';
import { SessionUnavailableError } from 'nestjs-redis-session';
import {
  type LoadedSession,
  loadSession,
  parseToken,
  SessionContext,
  sessionIdOf,
  type SessionRuntime,
  verifierOf,
} from 'nestjs-redis-session/core';
import { play } from './acts.js';
import type { Fields, Instant } from './history.js';
import { instant } from './history.js';
import type { Command, Reply, Ticket } from './protocol.js';
import { StepBook } from './step-book.js';
import type { StoreCall } from './store-watch.js';
import { keepingCalls } from './store-watch.js';

/** Parts of the module that handle a request. */
export interface Library {
  readonly runtime: SessionRuntime;
  readonly service: SessionService;
}

/** One request, from its cookie to its answer, as the HTTP edge has it; and the steps that the history keeps of it. */
export class Visit {
  private readonly book: StepBook;
  private readonly calls: StoreCall[] = [];

  constructor(
    private readonly library: Library,
    private readonly process: number,
    private readonly command: Command,
  ) {
    this.book = new StepBook(process, command.request);
  }

  /** Never fails, except by a defect. */
  async run(): Promise<Reply> {
    const cookie = await keepingCalls(this.calls, () => this.answer());
    const { steps } = this.book;
    return { request: this.command.request, steps, ...(cookie !== undefined && { cookie }) };
  }

  private async answer(): Promise<Ticket | null | undefined> {
    const loaded = await this.load();
    if (!loaded) return undefined; // 503
    const { command, book, calls } = this;
    const { runtime, service } = this.library;
    const context = new SessionContext(runtime, loaded);
    if (command.thinkMs > 0) await sleep(command.thinkMs);
    await play({ request: command.request, context, service, book, calls }, command.act);
    return this.finish(context, loaded);
  }

  private async load(): Promise<LoadedSession | null> {
    const { runtime } = this.library;
    const { ticket } = this.command;
    const client = { origin: () => ({ device: `worker ${this.process}`, address: null }) };
    if (!ticket) return loadSession(runtime, [], client);
    const { session, name } = ticket;
    const blank = { f: 'read', session, token: name, standing: null, user: null, fields: {} } as const;
    const loaded = await this.book.step(blank, async () => {
      const found = await loadSession(runtime, [ticket.token], client);
      const { record, tokenStatus, isCopy } = found;
      // What the HTTP edge takes for dead without a word: a token that the server never made.
      const standing = tokenStatus === 'dead' && !found.presented ? 'none' : tokenStatus;
      const fields = decoded(record?.fields ?? new Map());
      const isUnconfirmed = this.calls.some(
        ({ method, hasFailed }) => method === 'confirmRotation' && hasFailed,
      );
      const marks = { ...(isCopy && { isCopy }), ...(isUnconfirmed && { isUnconfirmed }) };
      return [found, { ...blank, standing, user: record?.userId ?? null, fields, ...marks }];
    });
    return loaded ?? null;
  }

  private async finish(context: SessionContext, loaded: LoadedSession): Promise<Ticket | null | undefined> {
    const start = instant();
    const before = this.calls.length;
    try {
      await context.finish();
      const change = await context.tokenChange();
      context.markHeadersSent();
      if (change === null) return undefined;
      return change.kind === 'clear' ? null : this.takeToken(change.token, context, loaded, start);
    } catch (error) {
      if (error instanceof SessionUnavailableError) return undefined; // 503
      throw error;
    } finally {
      for (const call of this.calls.slice(before)) this.noteAtEnd(call, start);
    }
  }

  private takeToken(token: string, context: SessionContext, loaded: LoadedSession, start: Instant): Ticket {
    const ticket = ticketOf(token, context.record);
    const { session, name: to } = ticket;
    const old = this.command.ticket;
    if (old && session === loaded.record?.id && to !== old.name) {
      this.book.note({ f: 'rotate', session, token: old.name, to }, start, 'ok');
    }
    return ticket;
  }

  /**
   * Records the steps that the end of a request adds: it writes the unsaved changes of a failed step, and ends a session that
   * it had created for a client which has received another one meanwhile.
   */
  private noteAtEnd({ method, args, hasFailed, result }: StoreCall, start: Instant): void {
    const isGone = !hasFailed && result === false;
    const outcome = hasFailed ? 'info' : isGone ? 'fail' : 'ok';
    if (method === 'destroy') this.book.note({ f: 'discard', session: args[0] as string }, start, outcome);
    if (method === 'create') {
      const { id, fields } = args[0] as CreateIntent;
      this.book.note({ f: 'create', session: id, fields: decoded(fields) }, start, outcome);
    }
    if (method === 'commit') {
      const [{ id }, { set }] = args as [SessionRecord, FieldChanges];
      const deed = { f: 'write', session: id, fields: decoded(set) } as const;
      if (set.size > 0) this.book.note(deed, start, outcome, isGone);
    }
  }
}

function ticketOf(token: string, record: SessionRecord | null): Ticket {
  const parsed = parseToken(token);
  if (!parsed) throw new Error('The library gave a cookie that it would not accept.');
  const session = sessionIdOf(parsed);
  if (record?.id !== session) throw new Error('The library gave a cookie for another session than its own.');
  return { token, name: verifierOf(parsed), session, user: record.userId };
}

function decoded(fields: ReadonlyMap<string, string>): Fields {
  return Object.fromEntries([...fields].map(([name, text]) => [name, JSON.parse(text) as string | number]));
}
