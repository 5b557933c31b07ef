import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.ts';

/** A server over TLS on loopback, gone with its connections when it is closed. */
export class TlsServer {
  readonly #server: Server;
  /** Of its last start. */
  url = '';

  constructor({ cert, key }: Certificate, answer: RequestListener) {
    this.#server = createServer({ cert, key }, answer);
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
