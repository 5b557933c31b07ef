import { readLast } from '../lanes.ts';
import { registry } from '../../chains/registry.ts';
import { createHash } from 'node:crypto';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { parseValidatorsFile } from '../../core/parse.ts';
import { hashOf } from '../../core/plan.ts';
import { timingArithmetic } from '../../core/timing.ts';
import type { Context } from '../context.ts';
import { consequenceOf, type Consequence } from './consequence.ts';
import { fieldChanges, fieldLine, newFields, type FieldChange } from './fields.ts';
import { readText, valueOf } from './text.ts';

/** What a file would change of what is stored now: read for `baton plan` and for `baton apply` alike. Writes nothing. */

export type Kind = 'enrol' | 'change' | 'unchanged';

export interface Change {
  readonly config: ValidatorConfig;
  readonly kind: Kind;
  /** Hash of the configuration that is stored, or null: what is written replaces exactly this. */
  readonly over: string | null;
  readonly fields: readonly (FieldChange & { readonly consequence: Consequence | null })[];
  /** The sum of the timing, in words. */
  readonly timing: string;
}

export interface Changes {
  readonly changes: readonly Change[];
  /** Configured, and not in the file: they stay as they are. */
  readonly kept: readonly ValidatorId[];
  /** 64 hex digits: of the text of the file and of all that is stored of its validators. */
  readonly id: string;
}

type Stored = { readonly change: Change; readonly seen: Readonly<Record<string, unknown>> };

type Reads = Pick<Context, 'records' | 'lease' | 'arbiter'>;

/** Two custodies of one key would be two answers to who may sign: whatever stands in the table of one keeps the other out. */
const requireCustody = ({ id, custody }: ValidatorConfig, of: { readonly stored: string | undefined; readonly other: boolean }): void => {
  if ((of.stored === undefined || of.stored === custody) && !of.other) return;
  const now = custody === 'gate' ? 'release' : 'gate';
  const end = now === 'gate' ? `baton gate close ${id}` : 'fence its holder';
  throw new BatonError('CustodyFixed', `${id}: custody is ${custody} in the file, and it was enrolled with ${now}: it never changes`, {
    field: `${id}.custody`,
    fix: `Keep custody ${now}. To change it, ${end}, then enrol the key under another id (docs/ways-to-run.md).`,
  });
};

const changeOf = async (context: Reads, config: ValidatorConfig): Promise<Stored> => {
  const [stored, lease, found] = [await context.records.readConfig(config.id), await context.lease.read(config.id), await readLast(context, config)];
  const gated = config.custody === 'gate';
  requireCustody(config, { stored: stored?.config.custody, other: (gated ? lease : found) !== undefined });
  if (lease && !config.nodes.some((node) => node.id === lease.holder)) {
    throw new BatonError('HolderUnknown', `${config.id}: the recorded active ${lease.holder} is not among the nodes of the file`, {
      field: 'nodes',
      fix: `Keep ${lease.holder} in nodes, or switch over to another node first: baton switchover ${config.id} --to NAME`,
    });
  }
  const over = stored?.hash ?? null;
  const kind: Kind = !(gated ? found : lease) ? 'enrol' : over === hashOf(config) ? 'unchanged' : 'change';
  const fields = stored ? fieldChanges(stored.config, config) : newFields(config);
  const change: Change = {
    config,
    kind,
    over,
    fields: kind === 'unchanged' ? [] : fields.map((one) => ({ ...one, consequence: consequenceOf(one, config) })),
    timing: timingArithmetic(config.timing).sentence,
  };
  const seen = {
    validator: config.id,
    config: over,
    lease: lease ? { term: lease.term, phase: lease.phase, holder: lease.holder } : null,
    ...(found ? { arbiter: found.phase } : {}),
  };
  return { change, seen };
};

/**
 * Reads the file, checks all of it, and compares it with what is stored.
 * @throws BatonError ConfigInvalid, ChainUnknown, TimingUnsafe or HolderUnknown; LeaseUnreachable when the table gives no answer.
 */
export const changesOf = async (context: Reads, file: string): Promise<Changes> => changesIn(context, await readText(file), file);

/** The same of a text that is to stand in the file. */
export const changesIn = async (context: Reads, text: string, file: string): Promise<Changes> => {
  const wanted = parseValidatorsFile(valueOf(text, file), registry).validators;
  const found: Stored[] = [];
  for (const config of wanted) found.push(await changeOf(context, config));
  const fleet = await context.records.readFleet();
  return {
    changes: found.map(({ change }) => change),
    kept: fleet.filter((id) => !wanted.some((config) => config.id === id)),
    id: hashOf({ file: createHash('sha256').update(text).digest('hex'), fleet, stored: found.map(({ seen }) => seen) }),
  };
};

const heads: Readonly<Record<Kind, (config: ValidatorConfig) => string>> = {
  enrol: ({ id, holder, custody }) =>
    custody === 'gate'
      ? `+ ${id}: enrol with an arbiter; nodes sign once they are added to it`
      : `+ ${id}: enrol; ${holder} is the recorded active of term 1`,
  change: ({ id }) => `~ ${id}: change`,
  unchanged: ({ id }) => `= ${id}: unchanged`,
};

/** For people: every field that changes, and what it means. */
export const changeLines = ({ config, kind, fields, timing }: Change): string[] => [
  heads[kind](config),
  ...fields.flatMap((one) => [
    `  ${fieldLine(one)}`,
    ...(one.consequence === null ? [] : [`      ${one.consequence.risky ? '! ' : ''}${one.consequence.sentence}`]),
  ]),
  ...(kind === 'unchanged' ? [] : [`  timing: ${timing}`]),
];

/** What is not in the file is never taken away: a validator that nobody watches any more would be worse than one too many. */
export const keptLines = (kept: readonly ValidatorId[]): string[] =>
  kept.flatMap((id) => [`  ${id}: not in this file; it stays as it is stored, and is watched and moved as before`, `      next: baton pause ${id}`]);

const planDigits = /^[a-f0-9]{8,64}$/;
export const shortId = (id: string): string => id.slice(0, 12);

/** @throws BatonError InputInvalid for digits that are none, PlanChanged when the file or what is stored is not what was planned. */
export const requirePlan = (id: string, plan: string, file: string): void => {
  if (!planDigits.test(plan)) {
    throw new BatonError('InputInvalid', `--plan is ${plan.slice(0, 80)}: expected the first 8 to 64 digits of a plan id`, {
      field: '--plan',
      fix: `baton plan ${file}`,
    });
  }
  if (id.startsWith(plan)) return;
  throw new BatonError(
    'PlanChanged',
    `the file or what is stored has changed since plan ${plan}: it would be ${shortId(id)} now; nothing was written`,
    {
      field: '--plan',
      fix: `Read what it would change now: baton plan ${file}`,
    },
  );
};
