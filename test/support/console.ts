import type { Seen } from '../../console/seen.ts';
import type { NodeId, ValidatorId } from '../../core/ids.ts';
import type { NodeReport } from '../../core/report.ts';
import { alex, amber, birch, configOf, fencing, leaseOf, proof, recordOf, reportOf, robin, run, t } from './core.ts';

/** Validators as a page reads them, in each state that there is. */

export const nowMs = Date.UTC(2026, 10, 28, 4, 12, 33);
const dayMs = 86_400_000;

const looksOf = (reports: Readonly<Record<string, NodeReport | undefined>>, silent: readonly NodeId[]): Seen['looks'] => [
  Object.fromEntries(
    Object.entries(reports).map(([node, report]) => [
      node,
      report && { ...report, sequence: report.sequence - (silent.includes(node as NodeId) ? 0 : 1) },
    ]),
  ),
  reports,
];

export interface SeenChange extends Partial<Omit<Seen, 'looks' | 'validator'>> {
  readonly validator?: string;
  readonly reports?: Readonly<Record<string, NodeReport | undefined>>;
  readonly silent?: readonly NodeId[];
}

export const seenOf = (change: SeenChange = {}): Seen => {
  const { validator = 'hub-1', reports, silent = [], ...rest } = change;
  const id = validator as ValidatorId;
  const both = reports ?? { [amber]: reportOf(), [birch]: reportOf({ node: birch, signing: false, armed: false }) };
  return {
    validator: id,
    config: configOf((one) => {
      one['id'] = id;
    }),
    lease: leaseOf({ validator: id, evidence: proof() }),
    claimRunning: true,
    pause: undefined,
    open: undefined,
    history: [{ execution: `${validator}.t1.e4f0`, atMs: nowMs - 12 * dayMs }],
    verdict: 'healthy',
    looks: looksOf(both, silent),
    watched: true,
    quarantined: [],
    frozen: null,
    trouble: { broken: null, unseen: false },
    ...rest,
  };
};

const waiting = (purpose: 'approval' | 'attestation', validator: string) => {
  const { token: _token, ...shown } = recordOf({ purpose, validator: validator as ValidatorId, expiresAtMs: nowMs + 600_000 });
  return {
    ...shown,
    createdAtMs: nowMs - 95_000,
    sentence:
      purpose === 'approval'
        ? `Plan: fence amber (${amber}), then let birch (${birch}) sign for ${validator} in term 2. Reason: Failing: 3 of the last 4 probes saw no signature.`
        : `Attest that amber (${amber}) cannot sign for ${validator} in term 2.`,
  };
};

const moved = (phase: 'FENCING' | 'FENCED' | 'RELEASED', validator: string) =>
  fencing({
    validator: validator as ValidatorId,
    phase,
    claim: run(`${validator}.t1.9c2e`),
    ...(phase === 'RELEASED' ? { holder: birch, releasedTerm: t(2) } : {}),
  });

/** By the name of its state. */
export const states: Readonly<Record<string, (validator: string) => Seen>> = {
  healthy: (validator) => seenOf({ validator }),
  suspect: (validator) => seenOf({ validator, verdict: 'suspect' }),
  failing: (validator) => seenOf({ validator, verdict: 'failing' }),
  halted: (validator) => seenOf({ validator, verdict: 'halted' }),
  unobservable: (validator) => seenOf({ validator, verdict: 'unobservable' }),
  unknown: (validator) =>
    seenOf({ validator, verdict: null, trouble: { broken: null, unseen: true }, lease: undefined, config: undefined, history: [] }),
  paused: (validator) =>
    seenOf({ validator, pause: { by: robin, reason: 'Kernel upgrade of both nodes.', atMs: nowMs - 600_000, untilMs: nowMs + 3_600_000 } }),
  fencing: (validator) => seenOf({ validator, verdict: 'failing', lease: moved('FENCING', validator) }),
  fenced: (validator) => seenOf({ validator, verdict: 'failing', lease: moved('FENCED', validator) }),
  released: (validator) => seenOf({ validator, verdict: 'suspect', lease: moved('RELEASED', validator) }),
  approval: (validator) => seenOf({ validator, verdict: 'failing', open: waiting('approval', validator) }),
  attestation: (validator) => seenOf({ validator, verdict: 'failing', lease: moved('FENCING', validator), open: waiting('attestation', validator) }),
  dead: (validator) => seenOf({ validator, silent: [birch] }),
  ended: (validator) => seenOf({ validator, verdict: 'failing', lease: moved('FENCING', validator), claimRunning: false }),
  broken: (validator) =>
    seenOf({ validator, lease: undefined, trouble: { broken: `lease#${validator}: it holds a value that cannot be read`, unseen: false } }),
  never: (validator) => seenOf({ validator, reports: { [amber]: reportOf() }, history: [] }),
};

/** The first of them in each other state, the rest healthy. */
export const fleetOf = (count: number): Seen[] => {
  const others = Object.values(states).slice(1);
  return Array.from({ length: count }, (_, index) => {
    const of = count > 1 ? others[index] : undefined;
    const validator = `hub-${index + 1}`;
    return of
      ? of(validator)
      : seenOf({ validator, history: [{ execution: `${validator}.t1.e4f0`, atMs: nowMs - ((index * 37) % 120) * dayMs - 5_000 }] });
  });
};

/** A failover that a person approved, as its history tells it. */
export const eventsOf = (running: boolean): { type: string; atMs: number; state?: string; output?: string }[] => {
  const events: { type: string; atMs: number; state?: string; output?: string }[] = [{ type: 'ExecutionStarted', atMs: nowMs }];
  let atMs = nowMs;
  const stay = (state: string, tookMs: number, output: Record<string, unknown>): void => {
    events.push({ type: 'TaskStateEntered', atMs, state });
    atMs += tookMs;
    events.push({ type: 'TaskStateExited', atMs, state, output: JSON.stringify(output) });
  };
  stay('Assess', 180, { sentence: `Plan: fence amber (${amber}), then let birch (${birch}) sign for hub-1 in term 2.` });
  stay('RequestApproval', 21_400, { sentence: `${alex} approved it.` });
  stay('TakeTerm', 90, { sentence: 'Term 2 is taken.' });
  for (let pass = 1; pass <= 6; pass += 1) {
    stay(
      'Fence',
      700,
      pass < 6 ? { state: 'pending', sentence: 'No proof yet.' } : { state: 'fenced', kind: 'stopped', sentence: 'amber is proven fenced: stopped.' },
    );
    stay('Fenced', 0, { sentence: '' });
  }
  stay('ReleaseKey', 240, { sentence: 'birch may sign in term 2.' });
  if (running) {
    events.push({ type: 'TaskStateEntered', atMs, state: 'Verify' });
    return events;
  }
  stay('Verify', 2_900, { state: 'signing', sentence: 'birch signed at height 4711.' });
  stay('Settle', 80, { sentence: 'Term 2 is settled.' });
  stay('Quarantine', 1_000, { sentence: '' });
  stay('Rejoin', 1_300, { state: 'rejoined', sentence: 'amber is a standby again.' });
  events.push({ type: 'ExecutionSucceeded', atMs });
  return events;
};
