import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { AskOnce, LookOnce } from '../../chains/ask-arbiter.ts';
import { GatedSigner } from '../../chains/cometbft/privval/gated-signer.ts';
import type { Vote } from '../../chains/cometbft/privval/read.ts';
import { Signer } from '../../chains/cometbft/privval/signer.ts';
import { node as nodeSchema } from '../../chains/ethereum/config.ts';
import { EthereumGateDriver } from '../../chains/ethereum/gate-driver.ts';
import { voteLane } from '../../chains/ethereum/lanes.ts';
import { loadBls } from '../../chains/ethereum/signer/bls.ts';
import { SignerHost } from '../../chains/ethereum/signer/host.ts';
import { StateFile } from '../../chains/state.ts';
import type { Opening } from '../../core/gate.ts';
import { attemptId, nodeId, validatorId, type NodeId, type ValidatorId } from '../../core/ids.ts';
import type { Watermark } from '../../core/watermark.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';
import { systemClock } from '../../runtime/clock.ts';

/** The signers as a guard runs them, each with its record on the disk, and duties of each chain. */

export interface Signers {
  /** Signs the next duty of a key; null, or why it did not. */
  sign(key: number): Promise<string | null>;
  close(): void;
}

export const chains = ['cometbft', 'ethereum'] as const;
export type ChainName = (typeof chains)[number];

export interface Wanted {
  readonly keys: number;
  readonly folder: string;
  /** Null in custody `release`. */
  readonly claim: AskOnce | null;
}

const attempt = attemptId.parse('open');
export const member = (index: number): NodeId => nodeId.parse(`i-0be0c4000000000${index}`);
const validatorAt = (index: number): ValidatorId => validatorId.parse(`bench-${index}`);
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const chainId = 'bench-1';
const cometbftFloor: Watermark = { kind: 'consensus', height: 1, round: 0, step: 0 };
const cometbftSeed = (index: number): Buffer => digest(`ed25519 ${index}`);

/** Each height has a prevote and a precommit. */
const cometbftDuty = (nth: number): Vote => {
  const height = 2 + Math.floor(nth / 2);
  const hash = digest(`block ${height}`);
  return {
    ...{ kind: 'vote', type: nth % 2 === 0 ? 1 : 2, height: BigInt(height), round: 0, blockId: { hash, parts: { total: 1, hash } } },
    ...{ timestamp: { seconds: 1_700_000_000n + BigInt(height), nanos: 5 }, address: Buffer.alloc(20, 9), index: 0, extension: new Uint8Array() },
  };
};

/** One validator of CometBFT, as one of the nodes of custody `gate` signs for it. */
export const gatedSigner = (of: {
  index: number;
  node: NodeId;
  folder: string;
  claim: AskOnce;
  /** Without it every duty is claimed. */
  look?: LookOnce | undefined;
}): GatedSigner => {
  const seed = cometbftSeed(of.index);
  const signer = new GatedSigner({
    ...{ chainId, validator: validatorAt(of.index), node: of.node, publicKey: rawPublicKeyOf(privateKeyOf(seed)) },
    ...{ state: new StateFile(join(of.folder, 'watermark.json')), isOpen: () => true, claim: of.claim, look: of.look, clock: systemClock },
  });
  signer.load(seed);
  return signer;
};

export const askCometbft = async (signer: Pick<GatedSigner, 'sign'> | Signer, nth: number): Promise<string | null> => {
  const outcome = await signer.sign(cometbftDuty(nth), chainId);
  return outcome.ok ? null : outcome.reason;
};

const cometbft = async ({ keys, folder, claim }: Wanted): Promise<Signers> => {
  const each = Array.from({ length: keys }, (_, index) => {
    const own = join(folder, String(index));
    if (claim !== null) return gatedSigner({ index, node: member(0), folder: own, claim });
    const signer = new Signer({ chainId, state: new StateFile(join(own, 'watermark.json')), isOpen: () => true });
    signer.load(cometbftSeed(index), cometbftFloor);
    return signer;
  });
  const next = new Array<number>(keys).fill(0);
  return {
    sign: (key) => {
      const [signer, nth = 0] = [each[key], next[key]];
      if (signer === undefined) throw new Error(`there is no key ${key}`);
      next[key] = nth + 1;
      return askCometbft(signer, nth);
    },
    close: () => {
      for (const signer of each) signer.unload();
    },
  };
};

const genesisValidatorsRoot = `0x${'0a'.repeat(32)}`;
const ethereumFloor = { kind: 'eip3076', slot: 0, source: 0, target: 1 } as const;

// Below the order of the group, which begins with 73.
const blsSecret = (index: number): Buffer => Buffer.concat([Buffer.of(1), digest(`bls ${index}`).subarray(1)]);

const publicKeysOf = async (keys: number): Promise<string[]> => {
  const bls = await loadBls();
  return Array.from({ length: keys }, (_, index) => bls(blsSecret(index)).publicKey.toLowerCase());
};

const slotsPerEpoch = 32;

/** The vote of each epoch. */
const ethereumDuty = (nth: number): Record<string, unknown> => {
  const target = 2 + nth;
  const rootAt = (epoch: number): string => `0x${digest(`block of ${epoch}`).toString('hex')}`;
  return {
    type: 'ATTESTATION',
    fork_info: {
      fork: { previous_version: '0x05000000', current_version: '0x06000000', epoch: '1' },
      genesis_validators_root: genesisValidatorsRoot,
    },
    attestation: {
      ...{ slot: String(target * slotsPerEpoch + 3), index: '0', beacon_block_root: rootAt(target) },
      ...{ source: { epoch: String(target - 1), root: rootAt(target - 1) }, target: { epoch: String(target), root: rootAt(target) } },
    },
  };
};

const ethereum = async ({ keys, folder, claim }: Wanted): Promise<Signers> => {
  const publicKeys = await publicKeysOf(keys);
  // Nobody asks how it is, nor over HTTP: nothing is reached at either address.
  const chain = nodeSchema.parse({
    ...{ kind: 'ethereum', mode: 'signer', publicKeys, genesisValidatorsRoot, slotsPerEpoch },
    ...{ beacon: 'http://127.0.0.1:5052', signerPort: 9_000 },
  });
  const keyFile = Buffer.from(Array.from({ length: keys }, (_, index) => blsSecret(index).toString('hex')).join('\n'));
  const state = new StateFile(join(folder, 'watermark.json'));
  const next = new Array<number>(keys).fill(0);
  const signersOf = (ask: EthereumGateDriver['sign'], close: () => void): Signers => ({
    sign: async (key) => {
      const nth = next[key] ?? 0;
      next[key] = nth + 1;
      const outcome = await ask(publicKeys[key] ?? '', ethereumDuty(nth));
      return outcome.ok ? null : outcome.reason;
    },
    close,
  });
  if (claim === null) {
    const host = new SignerHost({ chain, stateDir: folder, state, isOpen: () => true });
    host.signer.load(keyFile, ethereumFloor, await loadBls());
    return signersOf(
      async (key, body) => host.signer.sign(key, body),
      () => host.signer.unload(),
    );
  }
  const config = { validator: validatorAt(0), node: member(0), chain, paths: { stateDir: folder } };
  const driver = new EthereumGateDriver({ config, state, clock: systemClock, maySign: () => true, claim });
  await driver.activate(keyFile);
  return signersOf(
    (key, body) => driver.sign(key, body),
    () => void driver.demote(),
  );
};

export const signersOf: Readonly<Record<ChainName, (wanted: Wanted) => Promise<Signers>>> = { cometbft, ethereum };

/** What is to be opened before these keys can be signed with in custody `gate`. */
export const openingsOf: Readonly<Record<ChainName, (keys: number) => Promise<Opening[]>>> = {
  cometbft: async (keys) => Array.from({ length: keys }, (_, index) => ({ validator: validatorAt(index), attempt, floor: cometbftFloor })),
  ethereum: async (keys) =>
    (await publicKeysOf(keys)).map((key) => ({ validator: validatorAt(0), lane: voteLane(key), attempt, floor: ethereumFloor })),
};
