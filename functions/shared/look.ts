import type { Chains, ProbeMemory } from '../../chains/index.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { Observation, Sample } from '../../core/verdict.ts';

/** What each vantage remembers of the look before, by its name. */
export type Memories = Readonly<Record<string, ProbeMemory | undefined>>;

export interface Seen {
  readonly sample: Sample;
  readonly memories: Memories;
  readonly head: number | null;
  readonly sentences: readonly string[];
}

/** One look from every vantage at once. A probe never throws: what it cannot tell is `unobservable`. */
export const lookAll = async (
  chains: Chains,
  config: ValidatorConfig,
  before: { readonly memories: Memories; readonly agoMs: number },
  signal: AbortSignal,
): Promise<Seen> => {
  const looks = await Promise.all(
    config.vantages.map(async ({ name }) => {
      const memory = before.memories[name];
      return { name, ...(await chains.look(config, name, memory === undefined ? null : { memory, agoMs: before.agoMs }, signal)) };
    }),
  );
  const observations: Record<string, Observation> = {};
  const memories: Record<string, ProbeMemory | undefined> = {};
  for (const { name, result, memory } of looks) {
    observations[name] = result.observation;
    memories[name] = memory;
  }
  const heads = looks.flatMap(({ result }) => (result.head === null ? [] : [result.head]));
  return {
    sample: { observations },
    memories,
    head: heads.length === 0 ? null : Math.max(...heads),
    sentences: looks.map(({ name, result }) => `${name}: ${result.sentence}`),
  };
};
