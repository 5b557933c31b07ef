import type { Arbiter, Lane } from '../../core/gate.ts';
import { forEachLane, wholeOf, type WholeArbiter } from '../lanes.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { attemptId } from '../../core/ids.ts';
import { mayAsk, memberTerm, nextVersion, type Member } from '../../core/member.ts';
import type { NodeReport } from '../../core/report.ts';
import { dutyOf } from '../../core/watermark.ts';
import { configOf, nodeLabel, parseValidator, type Context } from '../context.ts';
import { checkKmsKey } from '../kms-key.ts';
import type { Answer } from '../output.ts';

/** Custody gate: who signs beside whom, nodes that join and leave, and the end of all of them at once. */

export type GateContext = Pick<Context, 'records' | 'arbiter' | 'members' | 'keys' | 'kmsKeys' | 'whoAmI' | 'clock' | 'confirm'>;

export const gateVerbs = ['show', 'add', 'remove', 'close'] as const;
export type GateVerb = (typeof gateVerbs)[number];

export interface GateOptions {
  readonly yes: boolean;
}

const gateConfig = async (context: GateContext, name: string): Promise<ValidatorConfig> => {
  const { config } = await configOf(context, parseValidator(name));
  if (config.custody === 'gate') return config;
  throw new BatonError('InputInvalid', `custody of ${config.id} is release: the lease says who signs, and there is no arbiter`, {
    field: 'VALIDATOR',
    fix: `baton status ${config.id}`,
  });
};

const nodeOf = (config: ValidatorConfig, name: string | undefined): ValidatorConfig['nodes'][number] => {
  const node = config.nodes.find((one) => one.name === name || one.id === name);
  if (node) return node;
  throw new BatonError('HolderUnknown', `${name ?? 'nothing'} is not a node of ${config.id}`, { field: 'NODE', fix: `baton gate show ${config.id}` });
};

/** @throws BatonError ArbiterMissing. */
const needWhole = (config: ValidatorConfig, items: readonly (Arbiter | undefined)[]): WholeArbiter => {
  const found = wholeOf(config, items);
  if (found) return found;
  throw new BatonError('ArbiterMissing', `${config.id} has no arbiter: nothing is signed`, { fix: 'baton apply validators.yaml' });
};

/** @throws BatonError ArbiterMissing. */
const arbiterOf = async (context: GateContext, config: ValidatorConfig): Promise<WholeArbiter> =>
  needWhole(config, await forEachLane(config, ({ lane }) => context.arbiter.read(config.id, undefined, lane)));

const stateOf = (member: Member | undefined, report: NodeReport | undefined): string => {
  if (!mayAsk(member)) return 'no member';
  if (!report) return 'member; its guard has never reported';
  const doing = report.signing ? (member?.kmsKey === undefined ? 'signs' : 'signs with the key in KMS') : 'has no key yet';
  return `member, ${doing}${report.synced ? '' : ', not synced'}${report.distress === null ? '' : `: ${report.distress}`}`;
};

const show = async (context: GateContext, config: ValidatorConfig): Promise<Answer> => {
  const found = await arbiterOf(context, config);
  const nodes = await Promise.all(
    config.nodes.map(async ({ id, name }) => ({
      id,
      name,
      member: await context.members.read(config.id, id),
      report: await context.records.readReport(config.id, id),
    })),
  );
  const by = found.claimed === null ? 'its floor and its claims' : `claimed by ${nodeLabel(config, found.claimed.signer)}`;
  return {
    lines: [
      `${config.id}: the arbiter is ${found.phase}; ${dutyOf(found.watermark)}, ${by}`,
      ...nodes.map(({ id, member, report }) => `  ${nodeLabel(config, id)}: ${stateOf(member, report)}`),
    ],
    json: {
      validator: config.id,
      phase: found.phase,
      watermark: found.watermark,
      signer: found.claimed?.signer ?? null,
      writes: found.writes,
      nodes: nodes.map(({ id, name, member, report }) => ({
        id,
        name,
        member: mayAsk(member),
        signing: report?.signing ?? null,
        synced: report?.synced ?? null,
        distress: report?.distress ?? null,
      })),
    },
  };
};

/** Over what was read and nothing else. @throws BatonError StaleTerm. */
const write = async (context: GateContext, next: Member, before: Member | undefined): Promise<void> => {
  if (await context.members.write(next, before?.version ?? null)) return;
  throw new BatonError('StaleTerm', `somebody else changed the membership of ${next.node} in between`, { fix: `baton gate show ${next.validator}` });
};

/** A key that is sealed for the node, or the name of the one in KMS, once it is seen to be this validator's. */
const keyFor = async (
  context: GateContext,
  config: ValidatorConfig,
  node: ValidatorConfig['nodes'][number],
): Promise<Pick<Member, 'sealed' | 'kmsKey'>> => {
  const { id, kmsKey } = config;
  if (kmsKey !== undefined) {
    await checkKmsKey(context, config);
    return { sealed: null, kmsKey };
  }
  const vault = await context.records.readVault(id);
  if (!vault) throw new BatonError('KeyMissing', `${id}: no key is sealed`, { fix: `baton seal ${id} --key-file FILE` });
  return { sealed: await context.keys.releaseTo({ vault, validator: id, node: node.id, term: memberTerm, principal: node.principal }) };
};

const add = async (context: GateContext, config: ValidatorConfig, name: string | undefined): Promise<Answer> => {
  const node = nodeOf(config, name);
  const { phase } = await arbiterOf(context, config);
  if (phase === 'closed')
    throw new BatonError('ArbiterClosed', `the arbiter of ${config.id} is closed: a member would sign nothing`, {
      fix: 'Enrol the validator anew under another id: docs/ways-to-run.md.',
    });
  const before = await context.members.read(config.id, node.id);
  // The same kind of key as it has: from a sealed one to one in KMS, or to another there, a member is written anew.
  if (mayAsk(before) && before?.kmsKey === config.kmsKey)
    return { lines: [`${node.name} is a member of ${config.id} already.`], json: { validator: config.id, node: node.id, member: true } };
  const key = await keyFor(context, config, node);
  const by = await context.whoAmI();
  await write(context, { validator: config.id, node: node.id, version: nextVersion(before), ...key, by, atMs: context.clock.epochMs() }, before);
  const where = config.kmsKey === undefined ? 'opens the key' : 'looks at the key in KMS';
  return {
    lines: [`${node.name} is a member of ${config.id}: its guard ${where} at its next read, and asks the arbiter for each signature.`],
    json: { validator: config.id, node: node.id, member: true },
  };
};

const remove = async (context: GateContext, config: ValidatorConfig, name: string | undefined): Promise<Answer> => {
  const node = nodeOf(config, name);
  const before = await context.members.read(config.id, node.id);
  if (!mayAsk(before)) return { lines: [`${node.name} is no member of ${config.id}.`], json: { validator: config.id, node: node.id, member: false } };
  const by = await context.whoAmI();
  await write(
    context,
    { validator: config.id, node: node.id, version: nextVersion(before), sealed: null, by, atMs: context.clock.epochMs() },
    before,
  );
  return {
    lines: [
      `${node.name} is a member of ${config.id} no more: its guard drops the key at its next read.`,
      ...(before?.kmsKey === undefined
        ? []
        : ['  Its role may still sign in KMS: detach SigningNodePolicy from it, and take it out of the key policy.']),
      '  Until then the arbiter decides for it as for all: no duty is signed twice.',
    ],
    json: { validator: config.id, node: node.id, member: false },
  };
};

const closeLane = async (
  context: GateContext,
  { id }: ValidatorConfig,
  lane: Lane | undefined,
): Promise<{ readonly item: Arbiter; readonly earlier: boolean }> => {
  const outcome = await context.arbiter.close({ validator: id, lane, attempt: attemptId.parse(`close/${id}`) });
  if (outcome.outcome === 'unknown')
    throw new BatonError('LeaseUnreachable', `no answer to the closing of ${id}: it may or may not have happened`, {
      cause: outcome.cause,
      fix: 'Run the same command again: it finds out.',
    });
  if (outcome.outcome === 'refused') throw new BatonError('ArbiterMissing', `${id} has no arbiter`, { fix: `baton gate show ${id}` });
  return outcome;
};

const close = async (context: GateContext, config: ValidatorConfig, { yes }: GateOptions): Promise<Answer> => {
  await arbiterOf(context, config);
  const sure =
    yes || (await context.confirm(`Nobody will sign for ${config.id} after this, for ever. Type ${config.id} to close its arbiter:`, config.id));
  if (!sure) return { lines: ['Nothing was changed.'], json: { validator: config.id, closed: false, watermark: null }, exitCode: 4 };
  const closed = await forEachLane(config, ({ lane }) => closeLane(context, config, lane));
  const { watermark } = needWhole(
    config,
    closed.map(({ item }) => item),
  );
  const earlier = closed.every((one) => one.earlier);
  return {
    lines: [
      `${config.id}: the arbiter is closed${earlier ? ' already' : ''}. Nothing above ${dutyOf(watermark)} was or will be signed through it.`,
      `  next: baton gate remove ${config.id} NODE, for each member, so that no machine keeps the key`,
    ],
    json: { validator: config.id, closed: true, watermark },
  };
};

/** @throws BatonError InputInvalid for a verb that is none. */
export const gate = async (
  context: GateContext,
  of: { verb: string; validator: string; node: string | undefined },
  options: GateOptions,
): Promise<Answer> => {
  const verb = gateVerbs.find((one) => one === of.verb);
  if (verb === undefined)
    throw new BatonError('InputInvalid', `gate ${of.verb.slice(0, 40)}: expected ${gateVerbs.join(', ')}`, {
      field: 'WHAT',
      fix: `baton gate show ${of.validator}`,
    });
  const config = await gateConfig(context, of.validator);
  if (verb === 'show') return show(context, config);
  if (verb === 'close') return close(context, config, options);
  return verb === 'add' ? add(context, config, of.node) : remove(context, config, of.node);
};
