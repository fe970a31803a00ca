import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  isSessionError,
  loadSession,
  SessionContext,
  type SessionRuntime,
  watchEnd,
} from 'nestjs-redis-session/core';

/** Interval at which a connection checks whether another process has ended its session. */
const CHECK_END_EVERY_MS = 5_000;

/** Runs one command of a client, and returns the answer. Gets an empty line when the client has connected. */
export type CommandHandler = (context: SessionContext, line: string) => string | Promise<string>;

/** Creates a TCP server whose clients share their sessions with the HTTP side of the application. */
export function createSessionServer(runtime: SessionRuntime, handle: CommandHandler): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    void new Connection(runtime, handle, socket).serve().catch(() => socket.destroy());
  });
}

// #region connection
/** The connection of one client. Its first line is its token, or empty; each further line is a command. */
class Connection {
  private token: string | null = null;
  private stopWatching = () => {};

  constructor(
    private readonly runtime: SessionRuntime,
    private readonly handle: CommandHandler,
    private readonly socket: Socket,
  ) {}

  async serve(): Promise<void> {
    try {
      // Reads the next line after the command before it has finished.
      for await (const line of createInterface({ input: this.socket })) {
        const isFirst = this.token === null;
        this.token ??= line;
        await this.run(isFirst ? '' : line);
      }
    } finally {
      this.stopWatching();
    }
  }

  /** Runs one command as an HTTP edge runs a request: load, work, finish, hand out the token, answer. */
  private async run(line: string): Promise<void> {
    this.stopWatching(); // A sign-in ends the session before it, which must not close the connection.
    try {
      this.socket.write(`${await this.answer(line)}\n`);
    } catch (error) {
      if (!isSessionError(error)) throw error;
      this.socket.write(`error ${error.code}\n`);
    }
  }

  private async answer(line: string): Promise<string> {
    const origin = () => ({ device: 'TCP client', address: this.socket.remoteAddress ?? null });
    const loaded = await loadSession(this.runtime, this.token ? [this.token] : [], { origin });
    const context = new SessionContext(this.runtime, loaded);
    try {
      const answer = await this.handle(context, line);
      await context.finish();
      return answer;
    } finally {
      // Also after a failure, because an operation before it may have changed the token.
      await this.handOutToken(context);
      if (context.record) this.watch(context);
    }
  }

  private async handOutToken(context: SessionContext): Promise<void> {
    const change = await context.tokenChange();
    if (change === null) return;
    this.token = change.kind === 'set' ? change.token : '';
    this.socket.write(`token ${this.token}\n`);
  }

  private watch({ id }: SessionContext): void {
    this.stopWatching = watchEnd(this.runtime, id, CHECK_END_EVERY_MS, {
      onEnd: ({ reason }) => this.socket.end(`ended ${reason}\n`),
      onError: () => this.socket.destroy(),
    });
  }
}
// #endregion connection
