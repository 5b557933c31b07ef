import { forEachLane } from '../lanes.ts';
import { chainOf } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { attemptId } from '../../core/ids.ts';
import { enrol } from '../../core/lease.ts';
import { hashOf } from '../../core/plan.ts';
import { dutyOf, floorAfter, type Watermark } from '../../core/watermark.ts';
import { durationMs } from '../../core/time.ts';
import type { Context } from '../context.ts';
import { nodeLabel, parseWords } from '../context.ts';
import { checkKmsKey } from '../kms-key.ts';
import type { Answer } from '../output.ts';
import { changeLines, changesOf, keptLines, requirePlan, type Change, type Changes } from '../plan/changes.ts';

const headMs = durationMs(10_000);
const tableMs = durationMs(10_000);

export interface ApplyOptions {
  readonly yes: boolean;
  /** The statement of a person that no other copy of the key can sign; needed to enrol. */
  readonly attest?: string;
  /** First digits of the id that `baton plan` printed: nothing is written when the file or the table is not as it was then. */
  readonly plan?: string;
}

const noAnswer = ({ id }: ValidatorConfig, cause: unknown): BatonError =>
  new BatonError('LeaseUnreachable', `no answer to the enrolment of ${id}: it may or may not have happened`, {
    cause,
    fix: 'Run the same command again: it finds out.',
  });

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
  if (outcome.outcome === 'unknown') throw noAnswer(config, outcome.cause);
  return `${config.id}: enrolled in term 1; ${nodeLabel(config, holder.id)} may sign`;
};

/** Custody gate: the arbiter is opened with what may have been signed before; nobody signs until a node is added. */
const openOne = async (context: Context, config: ValidatorConfig, floor: Watermark): Promise<string> => {
  const attempt = attemptId.parse(`enrol/${config.id}/${hashOf(config)}`);
  await forEachLane(config, async ({ lane, part }) => {
    const outcome = await context.arbiter.open({ validator: config.id, lane, floor: part(floor), attempt });
    if (outcome.outcome === 'refused')
      throw new BatonError('AlreadyEnrolled', `${config.id} has an arbiter already`, { fix: `baton gate show ${config.id}` });
    if (outcome.outcome === 'unknown') throw noAnswer(config, outcome.cause);
  });
  return `${config.id}: its arbiter is open above ${dutyOf(floor)}; next: baton gate add ${config.id} NODE, for each that is to sign`;
};

/** What the first holder must not sign: at or below the head and a margin, or what the old signer's state says, whichever is higher. */
const floorOf = async (context: Context, config: ValidatorConfig): Promise<Watermark> => {
  const chain = chainOf(config);
  const [publicKey, duty] = [chain.publicKeyOf(config.chain), chain.duty(config.chain)];
  await checkKmsKey(context, config);
  const vault = await context.records.readVault(config.id);
  if (!vault && config.kmsKey === undefined)
    throw new BatonError('KeyMissing', `${config.id}: no key is sealed`, { fix: `baton seal ${config.id} --key-file FILE, then run this again` });
  const sealed = vault?.publicKey;
  if (publicKey !== null && sealed !== undefined && sealed !== publicKey) {
    throw new BatonError('KeyInvalid', `${config.id}: the key of the chain is ${publicKey}, the sealed one is ${sealed}`, {
      field: 'chain',
      fix: 'Seal the key of this validator, or name in validators.yaml what baton seal has printed.',
    });
  }
  const head = await context.chains.headOf(config, context.clock.timeout(headMs));
  const before = vault?.watermark?.kind === duty.kind ? vault.watermark : null;
  const floor = floorAfter({ before, duty, evidence: {}, head, margin: config.policy.watermarkMargin });
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

const asked = async (context: Context, changes: Changes, options: ApplyOptions): Promise<boolean> => {
  for (const line of [...changes.changes.flatMap(changeLines), ...keptLines(changes.kept)]) context.output.progress(line);
  return options.yes || (await context.confirm('Write this?'));
};

/** Over what was shown and nothing else: a configuration that somebody wrote in between stays. */
const writeOver = async (context: Context, { config, over }: Change, before: readonly string[]): Promise<void> => {
  if (await context.records.writeConfig(config, { over })) return;
  const done = before.length === 0 ? 'nothing was written' : `written before that: ${before.join('; ')}`;
  throw new BatonError('PlanChanged', `${config.id}: somebody wrote another configuration in between; ${done}`, {
    fix: 'Read what the file would change now: baton plan validators.yaml',
  });
};

/** Validates all of the file, shows what would change, asks, and only then writes. */
export const apply = async (context: Context, file: string, options: ApplyOptions): Promise<Answer> => {
  const found = await changesOf(context, file);
  const { changes, id } = found;
  if (options.plan !== undefined) requirePlan(id, options.plan, file);
  const floors = await requireReady(context, changes, options);
  const todo = changes.filter(({ kind }) => kind !== 'unchanged');
  const json = { changes: changes.map(({ config, kind }) => ({ validator: config.id, kind })) };
  if (todo.length === 0) return { lines: [...changes.flatMap(changeLines), 'Nothing to do.'], json: { ...json, applied: false } };
  if (!(await asked(context, found, options))) {
    return { lines: ['Nothing was written. Add --yes to write without a question.'], json: { ...json, applied: false }, exitCode: 4 };
  }
  // Whoever was asked may have thought for an hour.
  requirePlan((await changesOf(context, file)).id, id, file);
  const told: string[] = [];
  for (const change of todo) {
    const { config } = change;
    await writeOver(context, change, told);
    const floor = floors.get(config.id);
    if (!floor) told.push(`${config.id}: configuration changed`);
    else told.push(config.custody === 'gate' ? await openOne(context, config, floor) : await enrolOne(context, config, options.attest ?? '', floor));
  }
  await context.records.writeFleet(changes.map(({ config }) => config.id));
  return { lines: told, json: { ...json, applied: true } };
};
