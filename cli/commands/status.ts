import { sayFences } from '../../core/fence-test.ts';
import type { WaitingRecord } from '../../core/approval.ts';
import type { Lease } from '../../core/lease.ts';
import { holding } from '../../core/pause.ts';
import { toCome } from '../../core/planned.ts';
import type { NodeReport } from '../../core/report.ts';
import { durationMs } from '../../core/time.ts';
import { configOf, nodeLabel, parseValidator, type Context } from '../context.ts';
import type { Answer } from '../output.ts';
import { frozenNow } from '../../functions/shared/breaker.ts';
import { quarantinedOf } from '../../functions/shared/quarantine.ts';
import { frozenLines } from './breaker.ts';
import { endOf } from './pause.ts';
import { plannedLines } from './planned.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { ValidatorId } from '../../core/ids.ts';

const readMs = durationMs(10_000);

const leaseSentence = (config: ValidatorConfig, lease: Lease | undefined): string => {
  if (config.custody === 'gate') return `every member signs, and the arbiter decides each signature   next: baton gate show ${config.id}`;
  if (!lease) return 'not enrolled: nobody may sign';
  const holder = nodeLabel(config, lease.holder);
  const inTerm = `term ${lease.term}`;
  switch (lease.phase) {
    case 'HELD':
      return `${holder} may sign (${inTerm})`;
    case 'RELEASED':
      return `${holder} may sign (${inTerm}, not yet seen signing; ${lease.claim})`;
    case 'FENCING':
      return `nobody new may sign: ${holder} is being fenced (${inTerm}, ${lease.claim})`;
    case 'FENCED':
      return `nobody may sign: ${holder} is fenced by ${lease.evidence?.kind ?? 'proof'} (${inTerm}, ${lease.claim})`;
  }
};

const reportSentence = (label: string, report: NodeReport | undefined, quarantined: boolean): string => {
  const held = quarantined ? 'in quarantine (fenced, and nobody has brought it back), ' : '';
  if (!report) return `  ${label}: ${held}no report from its guard`;
  const parts = [
    report.signing ? 'gate open' : 'gate closed',
    report.armed ? 'armed' : 'not armed',
    report.synced ? 'synced' : 'not synced',
    report.height === null ? 'height unknown' : `height ${report.height}`,
    `build ${report.build}`,
  ];
  return `  ${label}: ${held}${parts.join(', ')}${report.distress === null ? '' : `; distress: ${report.distress}`}`;
};

const waitingLines = (record: WaitingRecord | undefined): string[] => {
  if (!record || record.state !== 'pending') return [];
  const command =
    record.purpose === 'approval'
      ? `baton approve ${record.validator} --plan ${record.planHash.slice(0, 12)}`
      : `baton attest ${record.validator} --statement "what you did"`;
  return [`  waiting for a person: ${record.sentence}`, `  next: ${command}   (or: baton deny ${record.validator})`];
};

const one = async (context: Context, validator: ValidatorId): Promise<{ lines: string[]; json: Record<string, unknown> }> => {
  const { config } = await configOf(context, validator);
  const lease = await context.lease.read(validator);
  const paused = holding(await context.records.readPause(validator), context.clock.epochMs());
  const planned = toCome(await context.records.readPlanned(validator), context.clock.epochMs());
  const fences = await context.fenceTests.read(validator).then(
    (record) => sayFences({ config, record }, context.clock.epochMs()),
    () => null,
  );
  const open = await context.approvals.waiting(validator);
  const signal = context.clock.timeout(readMs);
  const held = await quarantinedOf(
    context,
    validator,
    config.nodes.map(({ id }) => id),
    signal,
  );
  const reports = await Promise.all(
    config.nodes.map(async (node) => ({
      node,
      report: await context.records.readReport(validator, node.id),
      quarantined: held.includes(node.id),
    })),
  );
  return {
    lines: [
      `${validator}: ${leaseSentence(config, lease)}`,
      ...(paused ? [`  paused ${endOf(paused)} by ${paused.by}: ${paused.reason}   next: baton resume ${validator}`] : []),
      ...plannedLines(config, planned),
      ...reports.flatMap(({ node, report, quarantined }) => [
        reportSentence(nodeLabel(config, node.id), report, quarantined),
        ...(quarantined ? [`    next, when it is well: baton readmit ${validator} ${node.name}`] : []),
      ]),
      `  ${fences?.sentence ?? 'What the last test of its fences found cannot be read.'}${fences?.ok === true ? '' : `   next: baton fence-test ${validator}`}`,
      ...waitingLines(open),
    ],
    json: {
      validator,
      lease: lease
        ? {
            term: lease.term,
            phase: lease.phase,
            holder: lease.holder,
            candidate: lease.candidate,
            claim: lease.claim,
            evidence: lease.evidence?.kind ?? null,
          }
        : null,
      paused: paused ?? null,
      planned: planned ?? null,
      mode: config.policy.mode,
      fences,
      nodes: reports.map(({ node, report, quarantined }) => ({ name: node.name, id: node.id, quarantined, report: report ?? null })),
      waiting: open?.state === 'pending' ? { purpose: open.purpose, plan: open.planHash, sentence: open.sentence } : null,
    },
  };
};

const maxListed = 1_000;

/** Who may sign, whether each guard is ready, and what waits for a person. */
export const status = async (context: Context, name: string | undefined): Promise<Answer> => {
  const wanted = name === undefined ? await context.records.readFleet() : [parseValidator(name)];
  const found = [];
  for (const validator of wanted.slice(0, maxListed)) found.push(await one(context, validator));
  const frozen = await frozenNow(context);
  if (wanted.length === 0)
    return {
      lines: [...frozenLines(frozen), 'No validator is configured.', '  next: baton apply validators.yaml'],
      json: { frozen: frozen?.sentence ?? null, validators: [] },
    };
  return {
    lines: [...frozenLines(frozen), ...found.flatMap(({ lines }) => lines)],
    json: { frozen: frozen?.sentence ?? null, validators: found.map(({ json }) => json) },
  };
};
