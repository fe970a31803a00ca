import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const HOST = '127.0.0.1';
/** Number of bytes that are kept from the beginning of a client's stream. */
const BEGINNING = 4_096;

/** Treatment of the bytes between a client and its server. */
type Mode =
  | { readonly kind: 'pass' }
  /** Drops all bytes in both directions, without closing the connection. */
  | { readonly kind: 'swallow'; readonly isMeant: (said: string) => boolean }
  /** Everything arrives late. */
  | { readonly kind: 'delay'; readonly ms: number };

/** One connection of a client, and the one that is made to the server for it. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** True if the next reply and the connection are to be dropped. */
  isDoomed: boolean;
  /** True once bytes were dropped. The connection must be closed then, because replies would be matched to wrong commands. */
  isBroken: boolean;
  /** Beginning of the client's stream, which shows the purpose of the connection. */
  said: string;
}

/** One direction of a link. What was held up is never overtaken. */
class Lane {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly to: Socket) {}

  send(chunk: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.waiting === 0) return void this.to.write(chunk);
    const dueAt = Date.now() + delayMs;
    this.waiting += 1;
    this.last = this.last.then(async () => {
      await wait(Math.max(0, dueAt - Date.now()));
      this.waiting -= 1;
      if (this.to.writable) this.to.write(chunk);
    });
  }
}

/** Stands between a client and a server on loopback, and does what networks do. */
export class FaultProxy {
  private mode: Mode = { kind: 'pass' };
  private listener: Server | null = null;
  private readonly links = new Set<Link>();
  private isDoomed: ((request: string) => boolean) | null = null;
  private isStopped: ((request: string) => boolean) | null = null;
  private onCut: () => void = () => undefined;

  private constructor(
    private targetPort: number,
    /** Port that clients connect to. It never changes. */
    readonly port: number,
  ) {}

  /** Starts a proxy that passes everything. */
  static async start(targetPort: number): Promise<FaultProxy> {
    const listener = createServer().listen(0, HOST);
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const proxy = new FaultProxy(targetPort, port);
    proxy.serve(listener);
    return proxy;
  }

  /** Restores normal operation. Closes connections on which bytes were dropped. */
  async pass(): Promise<void> {
    this.mode = { kind: 'pass' };
    this.isDoomed = null;
    this.isStopped = null;
    for (const link of this.links) if (link.isBroken) cut(link);
    await this.listen();
  }

  /** Refuses new connections and closes existing ones. */
  async refuse(): Promise<void> {
    const { listener } = this;
    this.listener = null;
    const closed = listener && once(listener.close(), 'close');
    this.cut();
    await closed;
  }

  /**
   * Takes everything and gives nothing, as a half-open connection does.
   *
   * @param isMeant is given how the client of a connection began, in lower case; by default all are meant
   */
  swallow(isMeant: (said: string) => boolean = () => true): void {
    this.mode = { kind: 'swallow', isMeant };
  }

  /** Silences existing connections permanently, as when the other host has lost power. New ones work. */
  silence(): void {
    for (const link of this.links) link.isBroken = true;
  }

  /** Holds up everything for so long, in both directions. */
  delay(ms: number): void {
    this.mode = { kind: 'delay', ms };
  }

  /**
   * Lets the next request that is meant reach the server, and cuts the connection when the reply comes: the request
   * has run, and its sender cannot know.
   *
   * @param isMeant is given what the client sends; by default the next request of any kind is meant
   * @returns when the connection has been cut
   */
  cutAfterRequest(isMeant: (request: string) => boolean = () => true): Promise<void> {
    this.isDoomed = isMeant;
    return new Promise((resolve) => (this.onCut = resolve));
  }

  /**
   * Cuts the connection when the next request that is meant comes, which never reaches the server.
   *
   * @param isMeant as with {@link cutAfterRequest}
   * @returns when the connection has been cut
   */
  cutBeforeRequest(isMeant: (request: string) => boolean = () => true): Promise<void> {
    this.isStopped = isMeant;
    return new Promise((resolve) => (this.onCut = resolve));
  }

  /** Redirects clients to another server, as when a name or an address has moved. Closes all connections. */
  leadTo(port: number): void {
    this.targetPort = port;
    this.cut();
  }

  /** Redirects new connections only; existing ones stay with their server. */
  leadNewTo(port: number): void {
    this.targetPort = port;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const link of this.links) cut(link);
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  private async listen(): Promise<void> {
    if (this.listener) return;
    const listener = createServer().listen(this.port, HOST);
    await once(listener, 'listening');
    this.serve(listener);
  }

  private serve(listener: Server): void {
    this.listener = listener;
    listener.on('connection', (client) => this.join(client));
  }

  private join(client: Socket): void {
    const server = connect({ host: HOST, port: this.targetPort, noDelay: true });
    const link: Link = {
      client: client.setNoDelay(true),
      server,
      isDoomed: false,
      isBroken: false,
      said: '',
    };
    this.links.add(link);
    for (const socket of [client, server]) {
      socket.on('error', () => undefined); // its end is what counts
      socket.on('close', () => {
        this.links.delete(link);
        cut(link);
      });
    }
    const [up, down] = [new Lane(server), new Lane(client)];
    client.on('data', (chunk) => {
      if (this.isCutBefore(link, chunk)) return;
      this.doom(link, chunk);
      if (link.said.length < BEGINNING) link.said += chunk.toString('latin1').toLowerCase();
      this.forward(link, up, chunk);
    });
    server.on('data', (chunk) => {
      if (!link.isDoomed) return this.forward(link, down, chunk);
      cut(link);
      this.onCut();
    });
  }

  private isCutBefore(link: Link, chunk: Buffer): boolean {
    if (!this.isStopped?.(chunk.toString('latin1'))) return false;
    this.isStopped = null;
    cut(link);
    this.onCut();
    return true;
  }

  private doom(link: Link, chunk: Buffer): void {
    if (!this.isDoomed?.(chunk.toString('latin1'))) return;
    this.isDoomed = null;
    link.isDoomed = true;
  }

  private forward(link: Link, lane: Lane, chunk: Buffer): void {
    const { mode } = this;
    link.isBroken ||= mode.kind === 'swallow' && mode.isMeant(link.said);
    if (!link.isBroken) lane.send(chunk, mode.kind === 'delay' ? mode.ms : 0);
  }
}

function cut({ client, server }: Link): void {
  client.destroy();
  server.destroy();
}
