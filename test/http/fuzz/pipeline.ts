import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Answer } from '../../support/client.js';
import { parseAnswer } from '../../support/raw-exchange.js';

/** A persistent connection, over which many requests are sent before the first response arrives. */
export class Pipeline {
  private readonly answers: Answer[] = [];
  private buffer = '';
  private arrived: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      this.buffer += chunk;
      this.takeAnswers();
      this.arrived();
    });
    socket.on('close', () => this.arrived());
    socket.on('error', () => undefined); // the end of the connection reports the error
  }

  static async open(port: number): Promise<Pipeline> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Pipeline(socket);
  }

  /** Sends requests with exactly these additional header lines, all at once, and waits for all responses. */
  async ask(path: string, requests: readonly (readonly string[])[]): Promise<Answer[]> {
    const heads = requests.map((lines) =>
      [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, '', ''].join('\r\n'),
    );
    this.socket.write(heads.join(''), 'latin1');
    while (this.answers.length < requests.length) {
      if (this.socket.destroyed) throw new Error(`The server closed the connection:\n${this.buffer}`);
      await new Promise<void>((resolve) => (this.arrived = resolve));
    }
    return this.answers.splice(0);
  }

  async close(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.end();
    await closed;
  }

  private takeAnswers(): void {
    for (;;) {
      const headEnd = this.buffer.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const length = /^content-length: *(\d+)\r$/im.exec(this.buffer.slice(0, headEnd + 1))?.[1] ?? 0;
      const end = headEnd + 4 + Number(length);
      if (this.buffer.length < end) return;
      this.answers.push(parseAnswer(this.buffer.slice(0, end)));
      this.buffer = this.buffer.slice(end);
    }
  }
}
