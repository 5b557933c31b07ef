import type { Run } from '../node.ts';
import type { SolanaNode } from './config.ts';

/** The commands of the two clients. Every one of them is bounded; true only when it ended with 0. */

export interface Client {
  /** Takes the voters away (Agave), then the staked identity. */
  toSpare(timeoutMs: number): Promise<boolean>;
  addVoter(key: Buffer, timeoutMs: number): Promise<boolean>;
  toStaked(key: Buffer, of: { requireTower: boolean; timeoutMs: number }): Promise<boolean>;
}

const tower = (requireTower: boolean): string[] => (requireTower ? ['--require-tower'] : []);

const agave = ({ command, ledger, spareKeypair }: SolanaNode, run: Run): Client => {
  const ask = async (args: readonly string[], timeoutMs: number, input?: Buffer): Promise<boolean> =>
    (await run([...command, '-l', ledger, ...args], { timeoutMs, ...(input ? { input } : {}) })).exitCode === 0;
  return {
    toSpare: async (timeoutMs) => {
      // Without a voter no vote is signed, even by a replay that has read the old identity already.
      const voters = await ask(['authorized-voter', 'remove-all'], timeoutMs / 2);
      const identity = await ask(['set-identity', spareKeypair], timeoutMs / 2);
      return voters && identity;
    },
    // One that is there already is refused.
    addVoter: async (key, timeoutMs) =>
      (await ask(['authorized-voter', 'remove-all'], timeoutMs / 2)) && ask(['authorized-voter', 'add'], timeoutMs / 2, key),
    toStaked: (key, { requireTower, timeoutMs }) => ask(['set-identity', ...tower(requireTower)], timeoutMs, key),
  };
};

const firedancer = ({ command, configFile, spareKeypair }: SolanaNode, run: Run): Client => {
  const set = async (args: readonly string[], timeoutMs: number, input?: Buffer): Promise<boolean> =>
    (await run([...command, 'set-identity', '--config', configFile ?? '', ...args], { timeoutMs, ...(input ? { input } : {}) })).exitCode === 0;
  return {
    // A change that was cut off leaves a lock behind, which only --force takes.
    toSpare: async (timeoutMs) => (await set([spareKeypair], timeoutMs / 2)) || set([spareKeypair, '--force'], timeoutMs / 2),
    // Its voters stand in its configuration file.
    addVoter: async () => true,
    toStaked: async (key, { requireTower, timeoutMs }) =>
      (await set([...tower(requireTower), '-'], timeoutMs / 2, key)) || set([...tower(requireTower), '--force', '-'], timeoutMs / 2, key),
  };
};

export const clientOf = (node: SolanaNode, run: Run): Client => (node.client === 'agave' ? agave(node, run) : firedancer(node, run));
