import { z } from 'zod';
import { personOf } from '../core/approval.ts';
import type { BundleRecord } from '../core/bundle.ts';
import { hashOf, plan as planSchema, type Plan } from '../core/plan.ts';

/** What the records of a bundle say of each other. That they are the records that were written, the chain tells. */

export interface Claim {
  readonly claim: string;
  /** `unknown`: the bundle holds too little to tell. */
  readonly state: 'holds' | 'broken' | 'unknown';
  readonly sentence: string;
}

const holds = (claim: string, sentence: string): Claim => ({ claim, state: 'holds', sentence });
const broken = (claim: string, sentence: string): Claim => ({ claim, state: 'broken', sentence });
const unknown = (claim: string, sentence: string): Claim => ({ claim, state: 'unknown', sentence });

const contentsOf = (records: readonly BundleRecord[], kind: string): readonly Readonly<Record<string, unknown>>[] =>
  records.filter((one) => one.kind === kind).map(({ content }) => content);

const known = ['execution', 'input', 'plan', 'config', 'timings', 'lease', 'bundle'] as const;

const once = (records: readonly BundleRecord[]): Claim => {
  const doubled = known.find((kind) => contentsOf(records, kind).length > 1);
  if (doubled !== undefined) return broken('records', `It holds more than one record ${doubled}.`);
  const missing = (['bundle', 'execution', 'timings'] as const).find((kind) => contentsOf(records, kind).length === 0);
  return missing === undefined ? holds('records', 'It holds one execution.') : broken('records', `It holds no record ${missing}.`);
};

interface Planned {
  readonly plan: Plan;
  readonly planHash: unknown;
}

const planned = (records: readonly BundleRecord[]): Planned | undefined => {
  const [found] = contentsOf(records, 'plan');
  const plan = planSchema.safeParse(found?.['plan']);
  return plan.success ? { plan: plan.data, planHash: found?.['planHash'] } : undefined;
};

const tellPlan = (records: readonly BundleRecord[], found: Planned | undefined): Claim => {
  const claim = 'plan';
  const [execution] = contentsOf(records, 'execution');
  if (!found)
    return contentsOf(records, 'plan').length === 0
      ? unknown(claim, 'It holds no plan: the execution ended before one was made.')
      : broken(claim, 'Its plan cannot be read.');
  if (hashOf(found.plan) !== found.planHash) return broken(claim, 'The plan does not have the hash that stands beside it.');
  if (found.plan.execution !== execution?.['execution'] || found.plan.validator !== execution['validator'])
    return broken(claim, 'The plan is of another execution.');
  return holds(claim, `The plan has the hash ${String(found.planHash).slice(0, 12)} that people were asked about.`);
};

const tellConfig = (records: readonly BundleRecord[], found: Planned | undefined): Claim => {
  const claim = 'configuration';
  const [stored] = contentsOf(records, 'config');
  if (!stored || !found) return unknown(claim, 'Nothing to compare: it holds no configuration, or no plan.');
  if (stored['hash'] !== found.plan.config)
    return unknown(claim, 'The configuration was changed after the plan was made: the one of the plan is not in it.');
  return hashOf(stored['config']) === stored['hash']
    ? holds(claim, 'The configuration is the one that the plan was made with.')
    : broken(claim, 'The configuration does not have the hash that stands beside it.');
};

const exit = z.looseObject({ id: z.number(), type: z.string(), name: z.string(), output: z.record(z.string(), z.unknown()) });
type Exit = z.infer<typeof exit>;

const exitsOf = (records: readonly BundleRecord[], state: string): readonly Exit[] =>
  contentsOf(records, 'event').flatMap((event) => {
    const found = exit.safeParse(event);
    return found.success && found.data.type.endsWith('StateExited') && found.data.name === state ? [found.data] : [];
  });

const fences = (records: readonly BundleRecord[]): readonly Exit[] => exitsOf(records, 'Fence').filter(({ output }) => output['state'] === 'fenced');
const releases = (records: readonly BundleRecord[]): readonly Exit[] =>
  exitsOf(records, 'ReleaseKey').filter(({ output }) => output['holder'] !== undefined);

const inOrder = (records: readonly BundleRecord[]): Claim => {
  const ids = contentsOf(records, 'event').map(({ id }) => Number(id));
  if (ids.length === 0) return unknown('history', 'It holds no history.');
  return ids.every((id, index) => id === index + 1)
    ? holds('history', `The history is whole: ${ids.length} events in a row.`)
    : broken('history', 'Events of the history are missing, or not in their order.');
};

const tellRelease = (records: readonly BundleRecord[]): Claim => {
  const claim = 'release';
  const [first] = releases(records);
  if (!first) return holds(claim, 'Nothing was released to another node.');
  return fences(records).some(({ id }) => id < first.id)
    ? holds(claim, `The key was released (event ${first.id}) after the fence was proven.`)
    : broken(claim, `The key was released (event ${first.id}) and no fence was proven before.`);
};

const tellEvidence = (records: readonly BundleRecord[], found: Planned | undefined): Claim => {
  const claim = 'evidence';
  const kinds = [...fences(records).map(({ output }) => output['kind']), ...contentsOf(records, 'evidence').map(({ kind }) => kind)];
  if (kinds.length === 0) return holds(claim, 'No fence was proven in it.');
  if (!found) return broken(claim, 'It holds evidence and no plan that accepts it.');
  const other = kinds.find((kind) => !found.plan.accepts.some((one) => one === kind));
  return other === undefined
    ? holds(claim, `The plan accepts what proved the fence: ${[...new Set(kinds)].join(', ')}.`)
    : broken(claim, `What proved the fence (${JSON.stringify(other)}) is not accepted by the plan.`);
};

const person = z.looseObject({
  purpose: z.string(),
  planHash: z.string(),
  state: z.string(),
  quorum: z.number(),
  requester: z.string(),
  decisions: z.array(z.looseObject({ by: z.string(), answer: z.string() })),
});

const tellApproval = (records: readonly BundleRecord[], found: Planned | undefined): Claim => {
  const claim = 'approval';
  if (releases(records).length === 0) return holds(claim, 'Nothing was released, so nothing had to be approved.');
  if (!found) return broken(claim, 'The key was released and there is no plan.');
  if (!found.plan.approval.required) return holds(claim, 'The policy asked for no approval.');
  const asked = contentsOf(records, 'people').flatMap((one) => person.safeParse(one).data ?? []);
  const record = asked.find(({ purpose, planHash }) => purpose === 'approval' && planHash === found.planHash);
  if (!record) return unknown(claim, 'The record of the approval is not in it.');
  const yes = new Set(record.decisions.filter(({ answer }) => answer === 'approve').map(({ by }) => personOf(by)));
  const others = [...yes].filter((one) => one !== personOf(record.requester));
  return record.state === 'approved' && others.length >= found.plan.approval.quorum && others.length === yes.size
    ? holds(claim, `The plan was approved by ${others.join(', ')}, none of whom had asked for it.`)
    : broken(claim, 'The key was released and the plan was not approved as it asks.');
};

/** @returns each claim in its order; the bundle is sound when none is broken. */
export const claimsOf = (records: readonly BundleRecord[]): Claim[] => {
  const found = planned(records);
  return [
    once(records),
    tellPlan(records, found),
    tellConfig(records, found),
    inOrder(records),
    tellApproval(records, found),
    tellRelease(records),
    tellEvidence(records, found),
  ];
};
