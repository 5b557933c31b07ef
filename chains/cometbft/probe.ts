import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ValidatorConfig } from '../../core/config.ts';
import { atOf, type At } from '../answers.ts';
import { getJson } from '../http.ts';
import { configOf } from './config.ts';
import { moved, stillHead, unobservable, type ChainProbe, type Look } from '../probe.ts';

/** CometBFT from outside: does the head move, and do the validator's own signatures land in the commits? */

const digits = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const status = z.object({
  result: z.object({ sync_info: z.object({ latest_block_height: digits, catching_up: z.boolean() }), node_info: z.object({ network: z.string() }) }),
});
const signature = z.object({ block_id_flag: z.union([z.literal(1), z.literal(2), z.literal(3)]), validator_address: z.string() });
const commit = z.object({
  result: z.object({
    signed_header: z.object({
      header: z.object({ height: digits, evidence_hash: z.string().max(100).prefault('') }),
      commit: z.object({ signatures: z.array(signature).max(10_000) }),
    }),
  }),
});
const address = z.string().max(100);
const evidenceOf = z.looseObject({
  value: z.looseObject({
    vote_a: z.looseObject({ validator_address: address }).optional(),
    byzantine_validators: z.array(z.looseObject({ address })).max(10_000).nullish(),
  }),
});
const block = z.object({ result: z.object({ block: z.object({ evidence: z.object({ evidence: z.array(evidenceOf).max(1_000).nullish() }) }) }) });
const validators = z.object({ result: z.object({ validators: z.array(z.object({ address: z.string() })).max(100), total: digits }) });

/** SHA-256 of nothing is what the header of a block without evidence says; older versions say nothing. */
const noEvidence: readonly string[] = ['', 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855'];
/** Most commits looked at in one look. */
const maxCommits = 5;
const maxValidatorPages = 10;
/** A vote for the block or for nil: both are signatures. */
const signedFlags: readonly number[] = [2, 3];

/** Upper-case hex of the first 20 bytes of the key's SHA-256. */
export const addressOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 40).toUpperCase();

const chainOf = (config: ValidatorConfig): { chainId: string; address: string } => {
  const { chainId, publicKey } = configOf(config.chain);
  return { chainId, address: addressOf(publicKey) };
};

/** Parsed, and asked once of each place in a round: all validators of a chain look at the same blocks. */
const told = <T>({ url, signal, answers }: At, path: string, read: (value: unknown) => T): Promise<T> =>
  answers.once(path, async () => read(await getJson(url, path, signal)));

const readHead = async (config: ValidatorConfig, at: At): Promise<number> => {
  const { sync_info: sync, node_info: node } = (await told(at, '/status', (value) => status.parse(value))).result;
  if (node.network !== chainOf(config).chainId) throw new Error(`it is on chain ${node.network}`);
  if (sync.catching_up) throw new Error('it is catching up');
  return sync.latest_block_height;
};

interface Commit {
  /** Addresses whose signature it holds. */
  readonly signers: ReadonlySet<string>;
  readonly evidence: boolean;
}

const commitAt = (at: At, height: number): Promise<Commit> =>
  told(at, `/commit?height=${height}`, (value) => {
    const { header, commit: found } = commit.parse(value).result.signed_header;
    if (header.height !== height) throw new Error(`asked for commit ${height}, got ${header.height}`);
    const signed = found.signatures.filter(({ block_id_flag: flag }) => signedFlags.includes(flag));
    return {
      signers: new Set(signed.map((one) => one.validator_address)),
      evidence: !noEvidence.includes(header.evidence_hash.toUpperCase()),
    };
  });

/** Whom the block's evidence names. */
const namedIn = (value: unknown): ReadonlySet<string> => {
  const { evidence } = block.parse(value).result.block.evidence;
  const named = (evidence ?? []).flatMap(({ value: { vote_a: vote, byzantine_validators: byzantine } }) => [
    ...(vote === undefined ? [] : [vote.validator_address]),
    ...(byzantine ?? []).map((one) => one.address),
  ]);
  return new Set(named);
};

/** What the block says of a double signature of this validator. Evidence that cannot be read may be of it. */
const slashedAt = async (at: At, height: number, own: string): Promise<string | undefined> => {
  try {
    const named = await told(at, `/block?height=${height}`, namedIn);
    return named.has(own) ? `Block ${height} holds evidence that ${own} signed twice.` : undefined;
  } catch {
    return `Block ${height} holds evidence of a double signature, and whose could not be read.`;
  }
};

const commitsOf = async (
  at: At,
  { from, final, address: own }: { from: number; final: number; address: string },
): Promise<{ lastSigned: number | null; slashed: string | undefined }> => {
  let lastSigned: number | null = null;
  let slashed: string | undefined;
  for (let height = from; height <= final; height += 1) {
    const { signers, evidence } = await commitAt(at, height);
    if (evidence) slashed ??= await slashedAt(at, height, own);
    if (signers.has(own)) lastSigned = height;
  }
  return { lastSigned, slashed };
};

const inValidatorSet = async (at: At, height: number, address: string): Promise<boolean> => {
  for (let page = 1, seen = 0; page <= maxValidatorPages; page += 1) {
    const { addresses, count, total } = await told(at, `/validators?height=${height}&page=${page}&per_page=100`, (value) => {
      const { result } = validators.parse(value);
      return { addresses: new Set(result.validators.map((one) => one.address)), count: result.validators.length, total: result.total };
    });
    if (addresses.has(address)) return true;
    seen += count;
    if (seen >= total || count === 0) return false;
  }
  return false;
};

export const cometbftProbe: ChainProbe = {
  look: async (config, at, before) => {
    try {
      const { address } = chainOf(config);
      const head = await readHead(config, at);
      // The commit of the head itself is only what this node has seen; the one below is final.
      const final = head - 1;
      const known = before?.memory.head ?? null;
      if (before !== null && known !== null && head <= known) return stillHead(before, known, config.policy.haltAfterMs);
      const from = Math.max(1, final - maxCommits + 1, known === null ? final - 1 : known);
      const seen = await commitsOf(at, { from, final, address });
      const lastSigned = seen.lastSigned ?? before?.memory.lastSigned ?? null;
      const told = (found: Look): Look => (seen.slashed === undefined ? found : { ...found, result: { ...found.result, slashed: seen.slashed } });
      if (seen.lastSigned !== null) return told(moved(head, lastSigned, true, `Signed ${seen.lastSigned}, head ${head}.`));
      if (from > final) return unobservable('The chain has just begun.', before);
      if (!(await inValidatorSet(at, final, address))) return told(unobservable(`${address} is not in the validator set.`, before));
      return told(moved(head, lastSigned, false, `No signature in commits ${from} to ${final}.`));
    } catch (error) {
      return unobservable(`${(error as Error).name}: ${(error as Error).message.slice(0, 200)}`, before);
    }
  },
  landed: async (config, url, above, signal) => {
    try {
      const at = atOf(url, signal);
      const head = await readHead(config, at);
      const { address } = chainOf(config);
      for (let height = Math.max(above + 1, head - maxCommits + 1); height <= head; height += 1) {
        if ((await commitAt(at, height)).signers.has(address)) return { signed: true, head, whole: true };
      }
      return { signed: false, head, whole: head <= above + maxCommits };
    } catch {
      return { signed: false, head: null, whole: false };
    }
  },
  head: (config, url, signal) => readHead(config, atOf(url, signal)).catch(() => null),
};
