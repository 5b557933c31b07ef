import { z } from 'zod';
import type { Execution, FullEvent, WorkflowEvent } from '../aws/workflow.ts';
import type { WaitingRecord } from '../core/approval.ts';
import { withoutSecrets, type BundleRecord } from '../core/bundle.ts';
import type { ValidatorConfig } from '../core/config.ts';
import { jsonBy } from '../core/json.ts';
import type { Lease } from '../core/lease.ts';
import { plan as planSchema } from '../core/plan.ts';
import type { NodeReport } from '../core/report.ts';
import { timingsOf } from './timings.ts';

/** What one incident leaves behind, as the records of a bundle. Nothing here reads: all of it is given. */

export interface BundleSources {
  readonly validator: string;
  readonly execution: string;
  readonly madeBy: string;
  /** Wall clock of who makes it. */
  readonly madeAtMs: number;
  /** Version of the command line that makes it. */
  readonly version: string;
  readonly end: Execution;
  readonly events: readonly FullEvent[];
  /** The same events, as `baton explain` reads them. */
  readonly told: readonly WorkflowEvent[];
  readonly lease: Lease | undefined;
  readonly stored: { readonly config: ValidatorConfig; readonly hash: string } | undefined;
  readonly people: readonly WaitingRecord[];
  readonly reports: readonly NodeReport[];
}

/** What a text holds when it is JSON of an object; undefined otherwise. */
const objectIn = (text: unknown): Record<string, unknown> | undefined => jsonBy(z.record(z.string(), z.unknown()), String(text));

const detail = (event: FullEvent, name: string): Record<string, unknown> | undefined => objectIn(event.details[name]);

const exitsOf = (events: readonly FullEvent[], state: string): Record<string, unknown>[] =>
  events.flatMap((event) => (event.type.endsWith('StateExited') && event.details['name'] === state ? [detail(event, 'output') ?? {}] : []));

/** The input that the execution was started with. */
export const inputIn = (events: readonly FullEvent[]): Record<string, unknown> | undefined => {
  const [first] = events;
  return first && detail(first, 'input');
};

/** Ids of the approval records that its steps speak of. */
export const approvalIdsIn = (events: readonly FullEvent[]): string[] => {
  const found = new Set<string>();
  const id = /"approvalId":"([a-f0-9]{32})"/g;
  for (const { details } of events) {
    for (const value of Object.values(details)) for (const [, one = ''] of String(value).matchAll(id)) found.add(one);
  }
  return [...found];
};

const planIn = (events: readonly FullEvent[]): BundleRecord[] => {
  const found = exitsOf(events, 'Assess').find(({ plan }) => plan !== undefined);
  const plan = planSchema.safeParse(found?.['plan']);
  return plan.success ? [{ kind: 'plan', content: { plan: plan.data, planHash: found?.['planHash'] } }] : [];
};

/** Which field of its answer is the verdict of a step. */
const verdictOf = (of: Record<string, unknown>): string => {
  const found = [of['code'], of['decision'], of['answer'], of['state'], of['Error']].find((one) => typeof one === 'string');
  return typeof found === 'string' ? found : 'done';
};

const gatesIn = (events: readonly FullEvent[]): BundleRecord[] =>
  events.flatMap((event): BundleRecord[] => {
    if (event.type !== 'TaskStateExited') return [];
    const output = detail(event, 'output') ?? {};
    const said = output['sentence'] ?? output['Cause'] ?? null;
    return [
      { kind: 'gate', content: { gate: event.details['name'], event: event.id, atMs: event.atMs, verdict: verdictOf(output), sentence: said } },
    ];
  });

/** The whole proof stands in the lease only until the next term is taken; afterwards the workflow's own words are left. */
const evidenceIn = ({ events, lease, execution }: BundleSources): BundleRecord[] => {
  const inLease =
    lease?.evidence && lease.claim === execution ? [{ kind: 'evidence', content: { source: 'lease', ...lease.evidence } satisfies object }] : [];
  const passes = events.flatMap((event): BundleRecord[] => {
    const output = event.type.endsWith('StateExited') && event.details['name'] === 'Fence' ? detail(event, 'output') : undefined;
    return output?.['state'] === 'fenced'
      ? [{ kind: 'evidence', content: { source: 'workflow', kind: output['kind'], atMs: event.atMs, how: output['sentence'] } }]
      : [];
  });
  return [...inLease, ...passes];
};

const uuid = /request ?id:? ?"?([a-f0-9-]{32,36})/gi;

/** Request ids in the order of the events: of Lambda's answers, and those that AWS puts into the words of an error. */
const requestsIn = (events: readonly FullEvent[]): BundleRecord[] =>
  events.flatMap(({ id, details }): BundleRecord[] => {
    const output = objectIn(details['output']);
    const metadata = z.looseObject({ RequestId: z.string() }).safeParse(output?.['SdkResponseMetadata']).data;
    const headers = z
      .looseObject({ AllHttpHeaders: z.looseObject({ 'X-Amzn-Trace-Id': z.array(z.string()).optional() }) })
      .safeParse(output?.['SdkHttpMetadata']).data;
    const inWords = [...JSON.stringify(details['cause'] ?? '').matchAll(uuid)].map(([, one = '']) => one);
    const all = [...new Set([...(metadata ? [metadata.RequestId] : []), ...inWords])];
    const trace = headers?.AllHttpHeaders['X-Amzn-Trace-Id']?.[0] ?? null;
    const version = typeof output?.['ExecutedVersion'] === 'string' ? output['ExecutedVersion'] : null;
    return all.map((requestId) => ({ kind: 'request', content: { event: id, requestId, trace, version } }));
  });

/** Details whose texts are JSON become what they hold: a reader need not parse twice. */
const eventOf = ({ id, type, atMs, before, details }: FullEvent): BundleRecord => {
  const opened = Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, ['input', 'output', 'parameters'].includes(name) ? (objectIn(value) ?? value) : value]),
  );
  return { kind: 'event', content: { id, type, atMs, before, ...opened } };
};

const leaseOf = (lease: Lease): BundleRecord => {
  const { sealed, ...rest } = lease;
  return { kind: 'lease', content: { ...rest, sealedFor: sealed ? { node: sealed.node, term: sealed.term } : null } };
};

/** These are hashed whole, and their schemas have no place for a secret. */
const whole: readonly string[] = ['plan', 'config'];

/** As it will be read again: without fields that are undefined. */
const plain = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

/** @returns the records, without task tokens and key material. */
export const bundleRecords = (of: BundleSources): BundleRecord[] => {
  const { events, stored, lease, end } = of;
  const input = inputIn(events);
  const records: BundleRecord[] = [
    { kind: 'bundle', content: { madeBy: of.madeBy, madeAtMs: of.madeAtMs, version: of.version } },
    { kind: 'execution', content: { validator: of.validator, execution: of.execution, ...end } },
    ...(input ? [{ kind: 'input', content: input }] : []),
    ...planIn(events),
    ...(stored ? [{ kind: 'config', content: { hash: stored.hash, config: stored.config } }] : []),
    ...gatesIn(events),
    ...of.people.map((one) => ({ kind: 'people', content: { ...one } })),
    ...evidenceIn(of),
    ...(lease ? [leaseOf(lease)] : []),
    ...of.reports.map((one) => ({ kind: 'node', content: { ...one } })),
    { kind: 'timings', content: { startedMs: end.startedMs ?? null, ...timingsOf(of.told) } },
    ...requestsIn(events),
    ...events.map(eventOf),
  ];
  return records.map(({ kind, content }) => ({ kind, content: plain(whole.includes(kind) ? content : withoutSecrets(content)) }));
};
