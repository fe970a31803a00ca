import type { IncomingHttpHeaders } from 'node:http';

/** The part of a request that a transport reads. */
export interface TransportRequest {
  readonly headers: IncomingHttpHeaders;
  /** True if the client is connected over HTTPS, by the platform's trust-proxy setting. */
  readonly isHttps: boolean;
}

/** A header line of a response. */
export type HeaderLine = readonly [name: string, value: string];

/**
 * Carries session tokens between clients and the server, in headers of requests and responses. For edges; may change
 * before 1.0.
 */
export interface TokenTransport {
  /** Name of the request header that carries the token, for `Vary`. */
  readonly requestHeader: string;

  /** Returns the presented values as the client sent them, valid or not. */
  read(request: TransportRequest): readonly string[];

  /**
   * Returns the header lines that give the client a token.
   *
   * @param persistentForMs how long the client keeps the token; `null` for as long as the browser runs
   */
  set(request: TransportRequest, token: string, persistentForMs: number | null): readonly HeaderLine[];

  /** Returns the header lines that clear the client's token. */
  clear(request: TransportRequest): readonly HeaderLine[];

  /** Returns the header line of a request by which a client presents a token, for tests and for other servers. */
  present(connection: Pick<TransportRequest, 'isHttps'>, token: string): HeaderLine;
}
