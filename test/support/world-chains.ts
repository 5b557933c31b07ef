import type { Deps } from '../../functions/shared/deps.ts';
import type { World } from './deps.ts';

/** The chain as the world says that it is seen. */
export const chainsOf = (world: Pick<World, 'observe' | 'head' | 'heads' | 'slashed' | 'landed' | 'signedAbove' | 'quietIn'>): Deps['chains'] => ({
  look: async (_, vantage) => {
    const observation = world.observe(vantage);
    return {
      result: {
        observation,
        head: world.head,
        lastSigned: null,
        sentence: observation,
        ...(world.slashed === undefined ? {} : { slashed: world.slashed }),
      },
      memory: { head: world.head, lastSigned: null, stillMs: 0, observation },
    };
  },
  landed: async () => ({ signed: world.landed, head: world.head, whole: true }),
  signedAbove: async () => world.signedAbove,
  headOf: async () => (world.heads.length > 0 ? (world.heads.shift() ?? null) : world.head),
  quietIn: async () => world.quietIn.shift() ?? null,
});
