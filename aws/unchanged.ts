import type { Item } from './items.ts';

/** What items said when they were read last, by their key: an item that has not changed is not parsed again. */
export class Unchanged<T> {
  readonly #known = new Map<string, { readonly text: string; readonly parsed: T }>();

  /** @throws what `parse` throws, each time. */
  of(pk: string, item: Item, parse: () => T): T {
    const text = JSON.stringify(item);
    const known = this.#known.get(pk);
    if (known?.text === text) return known.parsed;
    const parsed = parse();
    this.#known.set(pk, { text, parsed });
    return parsed;
  }
}
