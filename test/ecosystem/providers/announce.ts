import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts a server, passes its address to `make`, prints the address, and ends with standard input. */
export async function announce(make: (url: string) => RequestListener): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  server.on('request', make(url));
  process.stdin.resume().on('end', () => process.exit());
  console.log(url);
}
