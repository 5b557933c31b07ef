import * as z from 'zod';
import { elapsedMs, type Clock, type SteadyMs } from '../../core/time.ts';
import type { Health } from '../driver.ts';
import type { getJson } from '../http.ts';

/** What the CometBFT node on this machine says of itself, and for how long it has been away. */

const status = z.object({
  result: z.object({
    sync_info: z.object({
      latest_block_height: z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
      catching_up: z.boolean(),
    }),
  }),
});

/** How long the node may be away from the signer until the guard asks for help. */
const awayMs = 3_000;

export class NodeHealth {
  readonly #of: { readonly clock: Clock; readonly rpc: string; readonly ask: typeof getJson };
  #lastSeenMs: SteadyMs;

  constructor(of: { readonly clock: Clock; readonly rpc: string; readonly ask: typeof getJson }) {
    this.#of = of;
    this.#lastSeenMs = of.clock.steadyMs();
  }

  /** @param connected whether the node listens to its signer now. */
  async look(connected: boolean, signal: AbortSignal): Promise<Health> {
    const { clock, rpc, ask } = this.#of;
    const now = clock.steadyMs();
    if (connected) this.#lastSeenMs = now;
    const away = elapsedMs(this.#lastSeenMs, now);
    try {
      const { sync_info: sync } = status.parse(await ask(rpc, '/status', signal)).result;
      const distress = away > awayMs ? `SignerNotDialled: the node has not listened for ${Math.round(away / 1_000)} s.` : null;
      return { synced: !sync.catching_up, height: sync.latest_block_height, distress };
    } catch {
      return {
        synced: false,
        height: null,
        distress: away > awayMs ? `ValidatorDown: no answer from the node for ${Math.round(away / 1_000)} s.` : null,
      };
    }
  }
}
