import { isInterchange, markOfExport, markOfInterchange, readInterchange } from '../../../chains/ethereum/interchange.ts';
import { Keymanager } from '../../../chains/ethereum/keymanager.ts';
import { openKeystore, sealKeystore } from '../../../chains/ethereum/keystore.ts';
import type { EthereumMark } from '../../../chains/ethereum/mark.ts';
import { EthereumSigner } from '../../../chains/ethereum/signer/signer.ts';
import { HistoryStore, type StoreDisk } from '../../../chains/ethereum/signer/store.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { mutate, mutateText, noise } from '../mutate.ts';
import type { Random } from '../random.ts';
import { answerWith, restore } from '../replies.ts';
import { hold, same, target, type Outcome, type Target } from '../target.ts';

/** What clients and keymanagers say. Nothing of it may make a mark lower, a key of nobody, or a message that conflicts. */

const keyOf = (fill: string): string => `0x${fill.repeat(48)}`;
const keys = [keyOf('a1'), keyOf('b2')];
const chain = `0x${'0a'.repeat(32)}`;
const floor: EthereumMark = { kind: 'eip3076', slot: 10, source: 1, target: 2 };

/** A value as JSON, hostile unless `valid`. */
export const jsonText = (random: Random, value: unknown, valid: boolean): string => {
  if (valid) return JSON.stringify(value);
  if (random.once(12)) return noise(random);
  const changed = JSON.stringify(mutate(random, value)) ?? 'undefined';
  return random.once(3) ? mutateText(random, changed) : changed;
};

const root = (fill: string): string => `0x${fill.repeat(32)}`;
const exported = (random: Random): unknown => ({
  metadata: { interchange_format_version: '5', genesis_validators_root: chain },
  data: keys.map((pubkey) => ({
    pubkey,
    signed_blocks: Array.from({ length: random.between(1, 3) }, () => ({ slot: String(random.between(10, 99)), signing_root: root('01') })),
    signed_attestations: Array.from({ length: random.between(1, 3) }, () => {
      const source = random.between(1, 50);
      return { source_epoch: String(source), target_epoch: String(source + random.between(1, 9)), signing_root: root('02') };
    }),
  })),
});

/** By hand: the highest of each part over all that was read. */
const highestIn = (text: string): EthereumMark => {
  const { data } = JSON.parse(text) as {
    data: { signed_blocks: { slot: string }[]; signed_attestations: { source_epoch: string; target_epoch: string }[] }[];
  };
  const votes = data.flatMap((one) => one.signed_attestations);
  const most = (list: readonly string[]): number => Math.max(0, ...list.map(Number));
  return {
    kind: 'eip3076',
    slot: most(data.flatMap((one) => (one.signed_attestations.length === 0 ? [] : one.signed_blocks.map(({ slot }) => slot)))),
    source: most(votes.map((one) => one.source_epoch)),
    target: most(votes.map((one) => one.target_epoch)),
  };
};

const interchange = target<string>({
  name: 'eip3076',
  about: 'chains/ethereum/interchange.ts readInterchange, markOfInterchange, markOfExport',
  make: (random, valid) => jsonText(random, exported(random), valid),
  run: (text) => {
    const mark = markOfInterchange(text);
    hold(isInterchange(JSON.parse(text)), 'a mark of what is no export');
    // One key may stand there twice, with votes in only one of them: then the mark may be higher.
    const least = highestIn(text);
    hold(mark.slot >= least.slot && mark.source >= least.source && mark.target >= least.target, `the mark ${JSON.stringify(mark)} is too low`);
    for (const history of readInterchange(
      text,
      String((JSON.parse(text) as { metadata: { genesis_validators_root: string } }).metadata.genesis_validators_root),
    ).values())
      hold((history.vote?.source ?? 0) <= mark.source && (history.vote?.target ?? 0) <= mark.target, 'a key is above the mark of all');
    return 'accepted';
  },
});

const exportOf = target<string>({
  name: 'eip3076-export',
  about: 'chains/ethereum/interchange.ts markOfExport',
  make: (random, valid) => jsonText(random, exported(random), valid),
  run: (text) => {
    const mark = markOfExport({ text, publicKeys: keys, genesisValidatorsRoot: chain, floor });
    hold(mark.slot >= floor.slot && mark.source >= floor.source && mark.target >= floor.target, 'a mark below the floor that was given');
    for (const key of keys) hold(text.toLowerCase().includes(key.slice(2)), `nothing is said of ${key}`);
    return 'accepted';
  },
});

interface Replies {
  readonly list: string;
  readonly remove: string;
  readonly status: number;
}

const keymanager = target<Replies>({
  name: 'keymanager',
  about: 'chains/ethereum/keymanager.ts holds and give',
  make: (random, valid) => ({
    list: jsonText(random, { data: valid || random.once(2) ? [] : keys.map((key) => ({ validating_pubkey: key })) }, valid || random.once(2)),
    remove: jsonText(
      random,
      { data: keys.map(() => ({ status: 'deleted' })), slashing_protection: JSON.stringify(exported(random)) },
      valid || random.once(3),
    ),
    status: valid || !random.once(10) ? 200 : random.pick([204, 400, 401, 500]),
  }),
  run: async ({ list, remove, status }) => {
    answerWith((_, body) => ({ status, body: body === '' ? list : remove }));
    const manager = new Keymanager({ url: 'http://127.0.0.1:1', tokenFile: null, clock: systemClock, timeoutMs: 1_000 });
    const given = await manager.give({ publicKeys: keys, floor, genesisValidatorsRoot: chain, restart: null });
    hold(status === 200, 'given up by a refusal');
    hold(
      !keys.some(
        (key) =>
          list.includes(key) &&
          /^\{"data":\[/.test(list) &&
          (JSON.parse(list) as { data: { validating_pubkey?: string }[] }).data.some((one) => one.validating_pubkey === key),
      ),
      'given up while it is listed',
    );
    if (given.mark !== null) hold(given.mark.slot >= floor.slot && given.mark.target >= floor.target, 'a mark below the floor');
    return 'accepted' as const;
  },
  // Whatever it says that is not clear counts as not done.
  refuses: () => true,
  close: restore,
});

const memoryDisk: StoreDisk = {
  openSync: () => 3,
  writeSync: (_, text) => Buffer.byteLength(text),
  fsyncSync: () => undefined,
  closeSync: () => undefined,
  renameSync: () => undefined,
  mkdirSync: () => undefined,
  readFileSync: () => {
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  },
};
const secret = '25295f0d1d592a90b333e26e85149708208e9f8e8bc18f6c77bd62f8ad7a6866';
const fork = { fork: { previous_version: '0x01000001', current_version: '0x02000001', epoch: '1' }, genesis_validators_root: chain };

const voteRequest = (source: number, aim: number, fill: string): unknown => ({
  type: 'ATTESTATION',
  fork_info: fork,
  attestation: {
    slot: String(aim * 8 + 3),
    index: '0',
    beacon_block_root: root(fill),
    source: { epoch: String(source), root: root('02') },
    target: { epoch: String(aim), root: root('03') },
  },
});
const blockRequest = (slot: number, fill: string): unknown => ({
  type: 'BLOCK_V2',
  fork_info: fork,
  beacon_block: {
    version: 'BELLATRIX',
    block_header: { slot: String(slot), proposer_index: '7', parent_root: root(fill), state_root: root('02'), body_root: root('03') },
  },
});

interface Signed {
  readonly kind: 'block' | 'vote';
  readonly mark: EthereumMark;
  readonly signingRoot: string;
}

const conflict = (a: Signed, b: Signed): boolean => {
  if (a.kind !== b.kind || a.signingRoot === b.signingRoot) return false;
  if (a.kind === 'block') return a.mark.slot === b.mark.slot;
  return (
    a.mark.target === b.mark.target ||
    (a.mark.source < b.mark.source && b.mark.target < a.mark.target) ||
    (b.mark.source < a.mark.source && a.mark.target < b.mark.target)
  );
};

const web3signer = target<string[]>({
  name: 'web3signer',
  about: 'chains/ethereum/signer/signer.ts sign, duties.ts',
  make: (random, valid) => {
    const aim = random.between(3, 9);
    return Array.from({ length: random.between(1, 6) }, (_, at) => {
      const fill = random.pick(['01', '04']);
      const one = random.once(2) ? voteRequest(random.between(1, aim), aim + random.below(3), fill) : blockRequest(random.between(11, 14), fill);
      return jsonText(random, valid && at === 0 ? voteRequest(2, 4, '01') : one, (valid && at === 0) || random.once(2));
    });
  },
  run: (texts) => {
    let mark: EthereumMark | null = null;
    const signer = new EthereumSigner({
      publicKeys: keys.slice(0, 1),
      genesisValidatorsRoot: chain,
      genesisForkVersion: '0x00000001',
      slotsPerEpoch: 8,
      store: new HistoryStore({ file: '/signed.jsonl', chain, disk: memoryDisk }),
      mark: {
        load: () => mark,
        save: (saved) => {
          mark = saved;
        },
      },
      isOpen: () => true,
    });
    signer.load(Buffer.from(secret), floor, () => ({ publicKey: keys[0] ?? '', sign: (of) => `0x${of.toString('hex').repeat(3)}` }));
    const signed: Signed[] = [];
    let outcome: Outcome = 'refused';
    for (const text of texts) {
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        continue;
      }
      const found = signer.sign(keys[0] ?? '', body);
      if (!found.ok) {
        hold([400, 404, 412].includes(found.status) && !found.reason.includes(secret), `refused as ${found.status}: ${found.reason}`);
        continue;
      }
      outcome = 'accepted';
      if (found.slashable === null) continue;
      const { mark: own, kind, signingRoot } = found.slashable;
      hold(kind === 'block' ? own.slot > floor.slot : own.target > floor.target && own.source >= floor.source, 'a signature at or below the floor');
      hold(!signed.some((one) => conflict(one, { kind, mark: own, signingRoot })), 'two signatures that conflict');
      signed.push({ kind, mark: own, signingRoot });
      const held = mark as EthereumMark | null;
      hold(held !== null && held.slot >= own.slot && held.source >= own.source && held.target >= own.target, 'signed above the mark on the disk');
    }
    return outcome;
  },
});

let good = { keystore: '', password: '' };
const keystore = target<{ text: string; password: string }>({
  name: 'keystore',
  about: 'chains/ethereum/keystore.ts openKeystore',
  open: async () => {
    good = await sealKeystore({ publicKey: keys[0] ?? '', secret: Buffer.from(secret, 'hex') });
  },
  make: (random, valid) => ({
    text: jsonText(random, JSON.parse(good.keystore), valid),
    password: valid || !random.once(5) ? good.password : random.text(8, 'ab19'),
  }),
  run: async ({ text, password }) => {
    const { crypto } = JSON.parse(text) as { crypto: { kdf: { params: { c?: unknown; n?: unknown } } } };
    // Stretching is meant to be slow; what is not allowed at all is refused before it.
    if (Number(crypto.kdf.params.c) > 50_000 || crypto.kdf.params.n !== undefined) return 'refused';
    const opened = await openKeystore(text, password);
    same(password, good.password, 'the password that opens it');
    hold(/^0x[0-9a-f]{96}$/.test(opened.publicKey), 'a public key that is none');
    return 'accepted';
  },
  // An error of no BatonError is what it documents; that it does not hold the secret is seen here.
  refuses: (error) => !String(error).includes(secret),
});

export const ethereumTargets: readonly Target[] = [interchange, exportOf, keymanager, web3signer, keystore];
