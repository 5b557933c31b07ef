import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A node's way to one endpoint of the cloud. `cut` lets nothing through in either direction and says nothing, as a broken network does. */
export class Link {
  readonly #target: URL;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #cut = false;
  #port = 0;
  readonly #server = createServer((near) => {
    this.#join(near);
  });

  constructor(target: string) {
    this.#target = new URL(target);
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  #join(near: Socket): void {
    const far = connect(Number(this.#target.port), this.#target.hostname);
    // Small writes that follow one another would wait for acknowledgements, 40 ms each.
    for (const socket of [near, far]) socket.setNoDelay(true);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        if (!to.destroyed) to.write(chunk);
      });
      from.on('error', () => {
        from.destroy();
      });
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.#cut) from.pause();
    }
  }

  cut(): void {
    this.#cut = true;
    for (const [near, far] of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  /** What was on its way arrives late, as it would. */
  heal(): void {
    this.#cut = false;
    for (const [near, far] of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  async close(): Promise<void> {
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}
