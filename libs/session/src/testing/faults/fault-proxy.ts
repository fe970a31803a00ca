import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { SessionUsageError } from '../../core/errors/errors.js';
import type { Duration } from '../../options/duration.js';
import { checkedMs, durationRule } from '../../options/duration-rule.js';
import { Lane } from './lane.js';
import { addressOf, type ProxyAddress, type ProxyTarget, urlThrough } from './proxy-target.js';

const HOST = '127.0.0.1';
/** Number of bytes that are kept from the beginning of a client's stream. */
const BEGINNING_BYTES = 4_096;
const ANY = durationRule(0);

/** Selects requests or connections by a text that the client has sent. */
export type ProxyFilter = (text: string) => boolean;

/** Treatment of the bytes between a client and its server. */
type Mode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'freeze'; readonly isMeant: ProxyFilter }
  | { readonly kind: 'slow'; readonly ms: number };

/** A request that is awaited in order to cut its connection. */
interface Trap {
  readonly isMeant: ProxyFilter;
  /** Receives true after the cut, and false if there was none. */
  readonly settle: (hasCut: boolean) => void;
}

/** A connection of a client, and the connection to the server that was opened for it. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly toServer: Lane;
  readonly toClient: Lane;
  /** The trap that cuts the connection when the next reply arrives. */
  sprung: Trap | null;
  /** True once bytes were dropped. The connection must be closed then, because replies would be matched to wrong commands. */
  isBroken: boolean;
  /** Beginning of the client's stream in lower case, which shows the purpose of the connection. */
  beginning: string;
}

/**
 * Stands between an application and its Redis on the loopback address, and causes the faults of a network: cut, refused,
 * frozen, slow and half-open connections. Works for any protocol over TCP.
 *
 * Start it before the application, and connect the application to {@link url} or {@link port}. Until the first fault it
 * passes all bytes unchanged. Each fault replaces the one before, {@link pass} ends it, and {@link stop} closes everything.
 *
 * @example
 * const proxy = await FaultProxy.start('redis://127.0.0.1:6379');
 * // SessionModule.forRoot({ redis: proxy.url })
 * await proxy.refuse();
 * // … requests of the test …
 * await proxy.pass();
 * await proxy.stop();
 */
export class FaultProxy {
  private mode: Mode = { kind: 'pass' };
  private listener: Server | null = null;
  private readonly links = new Set<Link>();
  private beforeRequest: Trap | null = null;
  private afterRequest: Trap | null = null;
  private address: Required<ProxyAddress>;

  private constructor(
    private readonly target: ProxyTarget,
    /** The port that clients connect to, on 127.0.0.1. It never changes. */
    readonly port: number,
  ) {
    this.address = addressOf(target);
  }

  /**
   * Starts a proxy that passes everything.
   *
   * @param target the server: a port of this machine, `{ host, port }`, or a URL
   * @throws SessionUsageError if the target has no host or no valid port
   */
  static async start(target: ProxyTarget): Promise<FaultProxy> {
    addressOf(target);
    const listener = createServer().listen(0, HOST);
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const proxy = new FaultProxy(target, port);
    proxy.serve(listener);
    return proxy;
  }

  /** The URL of a Redis target through this proxy, with the user, the password and the database of the target's URL. */
  get url(): string {
    return urlThrough(this.target, HOST, this.port);
  }

  /** The number of open connections of clients. */
  get connections(): number {
    return this.links.size;
  }

  /** Ends the fault, and closes connections on which bytes were dropped. New connections are accepted when it resolves. */
  async pass(): Promise<void> {
    this.mode = { kind: 'pass' };
    this.disarm();
    for (const link of this.links) if (link.isBroken) this.close(link);
    await this.listen();
  }

  /** Closes all connections and refuses new ones, as a server that is down. Resolves when the port is closed. */
  async refuse(): Promise<void> {
    const { listener } = this;
    this.listener = null;
    const closed = listener && once(listener.close(), 'close');
    this.cut();
    await closed;
  }

  /**
   * Keeps connections open, accepts new ones, and drops all bytes in both directions, as a firewall that discards packets.
   *
   * @param isMeant selects connections by the beginning of what the client has sent, in lower case. Default: all connections
   */
  freeze(isMeant: ProxyFilter = () => true): void {
    this.mode = { kind: 'freeze', isMeant };
  }

  /**
   * Makes the present connections half-open: they stay open and carry nothing more, as if the other host had lost its power.
   * New connections work.
   */
  halfOpen(): void {
    for (const link of this.links) link.isBroken = true;
  }

  /**
   * Delays all bytes, in each direction. A command and its reply take twice as long.
   *
   * @throws SessionUsageError if that is no positive length of time
   */
  slow(delay: Duration): void {
    const ms = checkedMs(delay, ANY, (sentence) => new SessionUsageError(`slow(): ${sentence}`));
    this.mode = { kind: 'slow', ms };
  }

  /** Closes all present connections. New connections work. */
  cut(): void {
    for (const link of this.links) this.close(link);
  }

  /**
   * Cuts the connection of the next selected request before the request reaches the server.
   *
   * @param isMeant selects the request by what the client sends. Default: the next request
   * @returns true after the cut, false if {@link pass}, {@link stop} or another call came first
   */
  cutBeforeRequest(isMeant: ProxyFilter = () => true): Promise<boolean> {
    this.beforeRequest?.settle(false);
    return new Promise((settle) => (this.beforeRequest = { isMeant, settle }));
  }

  /**
   * Passes the next selected request to the server, and cuts the connection when the reply arrives. The request has run, and
   * its sender cannot know.
   *
   * @param isMeant as for {@link cutBeforeRequest}
   * @returns as {@link cutBeforeRequest}
   */
  cutAfterRequest(isMeant: ProxyFilter = () => true): Promise<boolean> {
    this.afterRequest?.settle(false);
    return new Promise((settle) => (this.afterRequest = { isMeant, settle }));
  }

  /** Connects clients to another server from now on, as if a name or an address had moved. Closes all connections. */
  redirect(target: ProxyTarget): void {
    this.redirectNew(target);
    this.cut();
  }

  /** Connects new connections to another server. Present connections stay with theirs. */
  redirectNew(target: ProxyTarget): void {
    this.address = addressOf(target);
  }

  /** Closes all connections and the port, and drops delayed bytes. May be called twice. */
  async stop(): Promise<void> {
    this.disarm();
    await this.refuse();
  }

  private disarm(): void {
    for (const trap of [this.beforeRequest, this.afterRequest]) trap?.settle(false);
    this.beforeRequest = null;
    this.afterRequest = null;
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
    const server = connect({ ...this.address, noDelay: true });
    const link: Link = {
      client: client.setNoDelay(true),
      server,
      toServer: new Lane(server),
      toClient: new Lane(client),
      sprung: null,
      isBroken: false,
      beginning: '',
    };
    this.links.add(link);
    for (const socket of [client, server]) {
      socket.on('error', () => undefined); // a close follows
      socket.on('close', () => this.close(link));
    }
    // By its newer types, a socket could also emit text, for which it would need an encoding.
    client.on('data', (chunk: unknown) => this.receiveRequest(link, chunk as Buffer));
    server.on('data', (chunk: unknown) => this.receiveReply(link, chunk as Buffer));
  }

  private receiveRequest(link: Link, chunk: Buffer): void {
    const text = chunk.toString('latin1');
    const { beforeRequest, afterRequest } = this;
    if (beforeRequest?.isMeant(text)) {
      this.beforeRequest = null;
      this.close(link);
      return beforeRequest.settle(true);
    }
    if (afterRequest?.isMeant(text)) {
      this.afterRequest = null;
      link.sprung = afterRequest;
    }
    if (link.beginning.length < BEGINNING_BYTES) link.beginning += text.toLowerCase();
    this.forward(link, link.toServer, chunk);
  }

  private receiveReply(link: Link, chunk: Buffer): void {
    if (!link.sprung) return this.forward(link, link.toClient, chunk);
    this.close(link);
  }

  private forward(link: Link, lane: Lane, chunk: Buffer): void {
    const { mode } = this;
    link.isBroken ||= mode.kind === 'freeze' && mode.isMeant(link.beginning);
    if (!link.isBroken) lane.send(chunk, mode.kind === 'slow' ? mode.ms : 0);
  }

  private close(link: Link): void {
    this.links.delete(link);
    link.toServer.close();
    link.toClient.close();
    link.client.destroy();
    link.server.destroy();
    link.sprung?.settle(true);
    link.sprung = null;
  }
}
