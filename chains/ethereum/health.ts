import { atOf } from '../answers.ts';
import { beacon } from './beacon.ts';

export interface NodeHealth {
  readonly synced: boolean;
  readonly height: number | null;
  readonly answers: boolean;
}

/** How the node's own beacon node is. No answer is told, never thrown. */
export const beaconHealth = async (url: string, signal: AbortSignal): Promise<NodeHealth> => {
  try {
    const at = atOf(url, signal);
    const { headSlot, synced } = await beacon.sync(at);
    return { synced: synced && (await beacon.healthy(at)), height: headSlot, answers: true };
  } catch {
    return { synced: false, height: null, answers: false };
  }
};
