import { existsSync, openSync, readSync } from 'node:fs';
import { lineOf, type Line } from './judge.ts';

/** The lines of all nodes, as they lie on the nodes' disks: those outlive power, freezer and network. */

const chunkBytes = 65_536;

interface Tail {
  readonly path: string;
  fd: number | null;
  rest: string;
}

export class LineRecord {
  readonly #tails: readonly Tail[];
  readonly #heights = new Set<number>();
  readonly lines: Line[] = [];

  /** @param paths one file for each node; it need not be there yet. */
  constructor(paths: readonly string[]) {
    this.#tails = paths.map((path) => ({ path, fd: null, rest: '' }));
  }

  /** Takes in what was written since. */
  read(): void {
    for (const tail of this.#tails) this.#readOne(tail);
  }

  #readOne(tail: Tail): void {
    if (tail.fd === null && !existsSync(tail.path)) return;
    tail.fd ??= openSync(tail.path, 'r');
    const buffer = Buffer.alloc(chunkBytes);
    for (let bytes = readSync(tail.fd, buffer); bytes > 0; bytes = readSync(tail.fd, buffer)) {
      const texts = (tail.rest + buffer.toString('utf8', 0, bytes)).split('\n');
      tail.rest = texts.pop() ?? '';
      for (const line of texts.flatMap((text) => lineOf(text) ?? [])) {
        this.lines.push(line);
        this.#heights.add(line.height);
      }
    }
  }

  has(height: number): boolean {
    return this.#heights.has(height);
  }

  /** Lines of this node since then. */
  since(node: string, atMs: number): number {
    this.read();
    return this.lines.filter((line) => line.node === node && line.atMs >= atMs).length;
  }
}
