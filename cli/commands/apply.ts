import { readFile } from 'node:fs/promises';
import { isScalar, parseDocument, visit } from 'yaml';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { attemptId } from '../../core/ids.ts';
import { enrol } from '../../core/lease.ts';
import { parseValidatorsFile } from '../../core/parse.ts';
import { canonicalJson, hashOf } from '../../core/plan.ts';
import { floorAfter, kindOf, type Watermark } from '../../core/watermark.ts';
import { durationMs } from '../../core/time.ts';
import { timingArithmetic } from '../../core/timing.ts';
import type { Context } from '../context.ts';
import { nodeLabel, parseWords } from '../context.ts';
import type { Answer } from '../output.ts';

const maxFileBytes = 2_000_000;
/** Comparisons of keys within one map, over the whole file: each key is compared with those before it. */
const maxCompared = 1_000_000;
const longestReason = 300;
const headMs = durationMs(10_000);
const tableMs = durationMs(10_000);

export interface ApplyOptions {
  readonly yes: boolean;
  /** The statement of a person that no other copy of the key can sign; needed to enrol. */
  readonly attest?: string;
}

interface Change {
  readonly config: ValidatorConfig;
  readonly kind: 'enrol' | 'change' | 'unchanged';
  readonly lines: readonly string[];
}

const readYaml = async (file: string): Promise<unknown> => {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new BatonError('ConfigInvalid', `cannot read ${file}`, { cause, fix: 'Give the path of validators.yaml: `baton apply validators.yaml`' });
  });
  return valueOf(text, file);
};

/** A few hundred characters of nested keys, or a map of very many keys, would take the library minutes. */
const read = (text: string): unknown => {
  let compared = 0;
  const uniqueKeys = (a: unknown, b: unknown): boolean => {
    if ((compared += 1) > maxCompared) throw new Error('a map has too many keys');
    return a === b || (isScalar(a) && isScalar(b) && a.value === b.value);
  };
  const document = parseDocument(text, { uniqueKeys });
  const [error] = document.errors;
  if (error) throw error;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key)) throw new Error('a key is not plain text');
    },
  });
  return document.toJS({ maxAliasCount: 100 });
};

/** What the text of a YAML file holds. @throws BatonError ConfigInvalid when it is no YAML, or too much of it. */
export const valueOf = (text: string, file: string): unknown => {
  if (text.length > maxFileBytes)
    throw new BatonError('ConfigInvalid', `${file} has ${text.length} characters, at most ${maxFileBytes} are read`, { fix: 'Split the file.' });
  try {
    return read(text);
  } catch (cause) {
    const reason = ((cause as Error).message.split('\n')[0] ?? '').slice(0, longestReason);
    throw new BatonError('ConfigInvalid', `${file} is not YAML: ${reason}`, { cause, fix: 'Mend the line that is named and run it again.' });
  }
};

/** Leaf values by path, so that a change can be told field by field. */
const leaves = (value: unknown, path = ''): Map<string, string> => {
  if (value === null || typeof value !== 'object') return new Map([[path, canonicalJson(value)]]);
  return new Map(Object.entries(value).flatMap(([key, item]) => [...leaves(item, path === '' ? key : `${path}.${key}`)]));
};

export const diffLines = (before: ValidatorConfig, after: ValidatorConfig): string[] => {
  const [old, next] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...next.keys()])].sort();
  return paths
    .filter((path) => old.get(path) !== next.get(path))
    .map((path) => `  ~ ${path}: ${old.get(path) ?? '(none)'} → ${next.get(path) ?? '(none)'}`);
};

const changeOf = async (context: Context, config: ValidatorConfig): Promise<Change> => {
  const [stored, lease] = [await context.records.readConfig(config.id), await context.lease.read(config.id)];
  const { sentence } = timingArithmetic(config.timing);
  if (!lease) {
    const lines = [`+ ${config.id}: enrol; ${config.holder} is the recorded active of term 1`, `  timing: ${sentence}`];
    return { config, kind: 'enrol', lines };
  }
  if (!config.nodes.some((node) => node.id === lease.holder)) {
    throw new BatonError('HolderUnknown', `${config.id}: the recorded active ${lease.holder} is not among the nodes of the file`, {
      field: 'nodes',
      fix: `Keep ${lease.holder} in nodes, or switch over to another node first: baton switchover ${config.id} --to NAME`,
    });
  }
  if (stored && stored.hash === hashOf(config)) return { config, kind: 'unchanged', lines: [`= ${config.id}: unchanged`] };
  return { config, kind: 'change', lines: [`~ ${config.id}: change`, ...(stored ? diffLines(stored.config, config) : []), `  timing: ${sentence}`] };
};

const enrolOne = async (context: Context, config: ValidatorConfig, statement: string, watermark: Watermark): Promise<string> => {
  const holder = config.nodes.find((node) => node.name === config.holder);
  const vault = await context.records.readVault(config.id);
  if (!holder || !vault) throw new BatonError('KeyMissing', `${config.id}: no key is sealed`, { fix: `baton seal ${config.id} --key-file FILE` });
  const by = await context.whoAmI();
  const term = 1 as Parameters<Context['keys']['releaseTo']>[0]['term'];
  const sealed = await context.keys.releaseTo({ vault, validator: config.id, node: holder.id, term, principal: holder.principal });
  const outcome = await context.lease.write(
    enrol({
      validator: config.id,
      holder: holder.id,
      attempt: attemptId.parse(`enrol/${config.id}/${hashOf(config)}`),
      sealed,
      watermark,
      evidence: { kind: 'attested', node: holder.id, term, by, atMs: context.clock.epochMs(), how: statement },
    }),
  );
  if (outcome.outcome === 'refused')
    throw new BatonError('AlreadyEnrolled', `${config.id} is enrolled already`, { fix: `baton status ${config.id}` });
  if (outcome.outcome === 'unknown') {
    throw new BatonError('LeaseUnreachable', `no answer to the enrolment of ${config.id}: it may or may not have happened`, {
      cause: outcome.cause,
      fix: 'Run the same command again: it finds out.',
    });
  }
  return `${config.id}: enrolled in term 1; ${nodeLabel(config, holder.id)} may sign`;
};

/** What the first holder must not sign: at or below the head and a margin, or what the old signer's state says, whichever is higher. */
const floorOf = async (context: Context, config: ValidatorConfig): Promise<Watermark> => {
  const vault = await context.records.readVault(config.id);
  if (!vault)
    throw new BatonError('KeyMissing', `${config.id}: no key is sealed`, { fix: `baton seal ${config.id} --key-file FILE, then run this again` });
  if (config.chain.kind === 'cometbft' && vault.publicKey !== undefined && vault.publicKey !== config.chain.publicKey) {
    throw new BatonError('KeyInvalid', `${config.id}: chain.publicKey is ${config.chain.publicKey}, the sealed key’s is ${vault.publicKey}`, {
      field: 'chain.publicKey',
      fix: 'Seal the key of this validator, or set chain.publicKey to what cometbft show-validator prints.',
    });
  }
  const head = await context.chains.headOf(config, context.clock.timeout(headMs));
  const before = vault.watermark?.kind === kindOf(config.chain.kind) ? vault.watermark : null;
  const floor = floorAfter({ before, chain: config.chain.kind, evidence: {}, head, margin: config.policy.watermarkMargin });
  if (!floor) {
    const why = 'too few vantages show the head of the chain, so no duty can be ruled out as signed before';
    throw new BatonError('WatermarkUnknown', `${config.id}: ${why}`, {
      field: 'vantages',
      fix: 'Check the urls of the vantages, then run it again.',
    });
  }
  return floor;
};

/** @throws BatonError TableUnsafe: two winners of one term would be two signers; LeaseUnreachable when that cannot be told. */
const requireLock = async (context: Context): Promise<void> => {
  const { state, sentence } = await context.tableCheck.safety(context.clock.timeout(tableMs));
  if (state === 'unsafe') {
    throw new BatonError('TableUnsafe', sentence, {
      fix: 'Use a table of one Region, or a strongly consistent one (both ReplicaRegion parameters of the stack), and enrol there.',
    });
  }
  if (state === 'unknown')
    throw new BatonError('LeaseUnreachable', sentence, { fix: 'See that you may call dynamodb:DescribeTable on it, then run it again.' });
};

/** Everything that could refuse an enrolment, before anything is written. */
const requireReady = async (context: Context, changes: readonly Change[], options: ApplyOptions): Promise<Map<string, Watermark>> => {
  const enrolling = changes.filter(({ kind }) => kind === 'enrol').map(({ config }) => config);
  if (enrolling.length > 0 && (options.attest?.length ?? 0) < 20) {
    const names = enrolling.map(({ id }) => id).join(', ');
    throw new BatonError('InputInvalid', `enrolling ${names} needs your statement that no other copy of the key can sign`, {
      field: '--attest',
      fix: 'Add --attest "I removed the key from … and no other copy of it can sign" (at least 20 characters).',
    });
  }
  if (options.attest !== undefined) parseWords(options.attest, '--attest');
  if (enrolling.length > 0) await requireLock(context);
  const floors = new Map<string, Watermark>();
  for (const config of enrolling) floors.set(config.id, await floorOf(context, config));
  return floors;
};

/** Validates all of the file, shows what would change, asks, and only then writes. */
export const apply = async (context: Context, file: string, options: ApplyOptions): Promise<Answer> => {
  const wanted = parseValidatorsFile(await readYaml(file)).validators;
  const changes: Change[] = [];
  for (const config of wanted) changes.push(await changeOf(context, config));
  const floors = await requireReady(context, changes, options);
  const lines = changes.flatMap((change) => change.lines);
  const todo = changes.filter(({ kind }) => kind !== 'unchanged');
  const json = { changes: changes.map(({ config, kind }) => ({ validator: config.id, kind })) };
  if (todo.length === 0) return { lines: [...lines, 'Nothing to do.'], json: { ...json, applied: false } };
  for (const line of lines) context.output.progress(line);
  if (!options.yes && !(await context.confirm('Write this?'))) {
    return { lines: ['Nothing was written. Add --yes to write without a question.'], json: { ...json, applied: false }, exitCode: 4 };
  }
  const told: string[] = [];
  for (const { config } of todo) {
    await context.records.writeConfig(config);
    const floor = floors.get(config.id);
    told.push(floor ? await enrolOne(context, config, options.attest ?? '', floor) : `${config.id}: configuration changed`);
  }
  const known = await context.records.readFleet();
  await context.records.writeFleet([...new Set([...known, ...wanted.map(({ id }) => id)])]);
  return { lines: told, json: { ...json, applied: true } };
};
