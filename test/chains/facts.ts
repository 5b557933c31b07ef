import { atOf } from '../../chains/answers.ts';
import type { Before, ChainProbe, Look } from '../../chains/probe.ts';
import { registry } from '../../chains/registry.ts';
import type { ChainConfig, ValidatorConfig } from '../../core/config.ts';
import { durationMs, elapsedMs } from '../../core/time.ts';
import type { Observation } from '../../core/verdict.ts';
import { systemClock } from '../../runtime/clock.ts';
import { configOf } from '../support/core.ts';

/** What a chain's scenario found: the same questions for every chain. */

export interface SwitchFacts {
  /** Duties done by two nodes at once, or against what was done before: must be 0. */
  readonly conflicts: number;
  /** Slots or blocks between the last duty of the old holder and the first of the new one. */
  readonly gap: number;
  readonly newHolder: string;
  /** The first duty of the new holder. */
  readonly first: number;
}

/** What the probe told from outside: of the holder that works, of one that is dead, and of the one after it. */
export interface Probed {
  readonly healthy: Observation;
  readonly down: Observation;
  readonly after: Observation;
}

export interface ChainFacts {
  readonly chain: string;
  /** What stood in for the chain and its programs. */
  readonly against: string;
  readonly planned: SwitchFacts;
  readonly crash: SwitchFacts & {
    /** What the new holder was told not to sign at or below. */
    readonly floor: number;
    readonly probe: Probed;
  };
  /** Both nodes with the key at once: what the server must see. */
  readonly negative: { readonly conflicts: number };
}

const lookEveryMs = durationMs(50);
const longestMs = 15_000;

/** Looks from outside, again and again with what it remembers, until it tells what is waited for. @returns what it told last. */
export const proberOf = (chain: ChainConfig): ((url: string, wanted: Observation) => Promise<Observation>) => {
  const probe = registry[chain.kind]?.probe as ChainProbe;
  const config: ValidatorConfig = { ...configOf(), chain };
  let before: Before | null = null;
  let lookedMs = systemClock.steadyMs();
  return async (url, wanted) => {
    const startedMs = systemClock.steadyMs();
    for (;;) {
      const look: Look = await probe.look(config, atOf(url, systemClock.timeout(durationMs(2_000))), before);
      const nowMs = systemClock.steadyMs();
      before = { memory: look.memory, agoMs: elapsedMs(lookedMs, nowMs) };
      lookedMs = nowMs;
      if (look.result.observation === wanted || elapsedMs(startedMs, nowMs) > longestMs) return look.result.observation;
      await systemClock.sleep(lookEveryMs);
    }
  };
};

/** When a planned move begins best, as this node tells it: within ten minutes. */
export const quietIn = async (chain: ChainConfig, url: string): Promise<number | null> => {
  const probe = registry[chain.kind]?.probe as ChainProbe;
  return (await probe.quietIn?.({ ...configOf(), chain }, url, durationMs(600_000), systemClock.timeout(durationMs(2_000)))) ?? null;
};
