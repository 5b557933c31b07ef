import * as z from 'zod';
import { BatonError } from '../../core/errors.ts';
import { covers } from '../../core/watermark.ts';
import type { EthereumMark } from './mark.ts';
import { markOf, merge, noHistory, type KeyHistory } from './eip3076.ts';

/** The interchange format of EIP-3076, version 5: what clients export of the messages they have signed, and import before they sign. */

const number = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .pipe(z.number().max(Number.MAX_SAFE_INTEGER));
const root = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((text) => text.toLowerCase());
const pubkey = z
  .string()
  .regex(/^(0x)?[0-9a-fA-F]{96}$/)
  .transform((text) => `0x${text.toLowerCase().replace(/^0x/, '')}`);
const maxMessages = 5_000_000;
const block = z.looseObject({ slot: number, signing_root: root.nullish() });
const vote = z
  .looseObject({ source_epoch: number, target_epoch: number, signing_root: root.nullish() })
  .refine((one) => one.source_epoch <= one.target_epoch, 'a source above its target');
const interchange = z.looseObject({
  metadata: z.looseObject({ interchange_format_version: z.literal('5'), genesis_validators_root: root }),
  data: z
    .array(z.looseObject({ pubkey, signed_blocks: z.array(block).max(maxMessages), signed_attestations: z.array(vote).max(maxMessages) }))
    .max(10_000),
});

const bad = (message: string, cause?: unknown): BatonError =>
  new BatonError('InputInvalid', `the slashing protection export ${message}`, {
    ...(cause === undefined ? {} : { cause }),
    fix: 'Export it again with the validator client stopped. Do not start the keys anywhere until the export is whole.',
  });

/**
 * What an export says of each key, by its public key (`0x` and 96 hex).
 * @throws BatonError InputInvalid when it is not whole, of another version, or of another chain.
 */
export const readInterchange = (text: string, genesisValidatorsRoot: string): ReadonlyMap<string, KeyHistory> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad('is not JSON', cause);
  }
  const found = interchange.safeParse(value);
  if (!found.success) throw bad(`has no valid ${found.error.issues[0]?.path.join('.') || 'content'}`, found.error);
  const { metadata, data } = found.data;
  if (metadata.genesis_validators_root !== genesisValidatorsRoot.toLowerCase()) throw bad(`is of chain ${metadata.genesis_validators_root}`);
  const histories = new Map<string, KeyHistory>();
  for (const one of data) {
    let history = histories.get(one.pubkey) ?? noHistory;
    for (const { slot, signing_root: signingRoot } of one.signed_blocks)
      history = merge(history, { block: { slot, signingRoot: signingRoot ?? null }, vote: null });
    for (const { source_epoch: source, target_epoch: target, signing_root: signingRoot } of one.signed_attestations)
      history = merge(history, { block: null, vote: { source, target, signingRoot: signingRoot ?? null } });
    histories.set(one.pubkey, history);
  }
  return histories;
};

/**
 * The mark over all keys of a client that has just given them up. Each was given the floor when it came, so each must export at least that:
 * an export without a key, without its blocks or votes, or below the floor has lost something.
 * @throws BatonError InputInvalid.
 */
export const markOfExport = (of: {
  readonly text: string;
  readonly publicKeys: readonly string[];
  readonly genesisValidatorsRoot: string;
  readonly floor: EthereumMark;
}): EthereumMark => {
  const histories = readInterchange(of.text, of.genesisValidatorsRoot);
  const own = of.publicKeys.map((key) => {
    const history = histories.get(key.toLowerCase());
    const mark = history === undefined ? null : markOf([history]);
    if (history === undefined || mark === null) throw bad(`says nothing whole of ${key}, which was loaded`);
    if (!covers(mark, of.floor)) throw bad(`is below the floor that ${key} was given`);
    return history;
  });
  const mark = markOf(own);
  if (mark === null) throw bad('names no key');
  return mark;
};

const written = (history: KeyHistory): { signed_blocks: unknown[]; signed_attestations: unknown[] } => ({
  signed_blocks: history.block === null ? [] : [{ slot: String(history.block.slot), ...rooted(history.block.signingRoot) }],
  signed_attestations:
    history.vote === null
      ? []
      : [{ source_epoch: String(history.vote.source), target_epoch: String(history.vote.target), ...rooted(history.vote.signingRoot) }],
});

const rooted = (signingRoot: string | null): { signing_root?: string } => (signingRoot === null ? {} : { signing_root: signingRoot });

/** True when a JSON value looks like an export. */
export const isInterchange = (value: unknown): boolean => interchange.safeParse(value).success;

/**
 * The mark over all that an export knows, for a first floor. Keys that never signed a block count as far as their votes.
 * @throws BatonError InputInvalid when it is not whole, or knows of no vote.
 */
export const markOfInterchange = (text: string): EthereumMark => {
  let chain: unknown;
  try {
    chain = (JSON.parse(text) as { metadata?: { genesis_validators_root?: unknown } } | null)?.metadata?.genesis_validators_root;
  } catch (cause) {
    throw bad('is not JSON', cause);
  }
  const histories = [...readInterchange(text, typeof chain === 'string' ? chain : '').values()].filter(({ vote: last }) => last !== null);
  const mark = markOf(histories.map((history) => ({ ...history, block: history.block ?? { slot: 0, signingRoot: null } })));
  if (mark === null) throw bad('knows of no vote');
  return mark;
};

/** An export of these histories, for any client to import. One block and one vote a key: clients refuse everything up to them. */
export const writeInterchange = (histories: ReadonlyMap<string, KeyHistory>, genesisValidatorsRoot: string): string =>
  JSON.stringify({
    metadata: { interchange_format_version: '5', genesis_validators_root: genesisValidatorsRoot.toLowerCase() },
    data: [...histories].map(([key, history]) => ({ pubkey: key, ...written(history) })),
  });
