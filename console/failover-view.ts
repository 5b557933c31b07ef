import type { EvidenceKind } from '../core/evidence.ts';
import { exitsOf, fencedIn, signedIn, type Execution, type ToldEvent } from '../core/history.ts';
import { validatorId } from '../core/ids.ts';
import { stepsOf } from './steps.ts';
import type { FailoverView, Mark, Step } from './view.ts';

/** One execution as a picture in time. */

const marksOf = (events: readonly ToldEvent[]): { marks: Mark[]; evidence: EvidenceKind | null } => {
  const firstMs = events[0]?.atMs ?? 0;
  const [proof] = fencedIn(events);
  const [released] = [...exitsOf(events, 'ReleaseKey'), ...exitsOf(events, 'Reinstate')];
  const signed = signedIn(events);
  const marks: Mark[] = [
    ...(proof ? [{ name: 'evidence' as const, atMs: proof.atMs - firstMs, text: `proven fenced: ${proof.kind}` }] : []),
    ...(released ? [{ name: 'release' as const, atMs: released.atMs - firstMs, text: 'the right to sign is given' }] : []),
    ...(signed ? [{ name: 'first signature' as const, atMs: signed.atMs - firstMs, text: 'a new signature is on the chain' }] : []),
  ];
  return { marks, evidence: proof?.kind ?? null };
};

/** States in which the workflow waits for people. */
export const waitingStates: readonly string[] = ['RequestApproval', 'RequestAttestation'];

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const headlineOf = (status: string, steps: readonly Step[], marks: readonly Mark[], lengthMs: number): string => {
  const last = steps.at(-1);
  const released = marks.some(({ name }) => name === 'release');
  const proven = marks.some(({ name }) => name === 'evidence');
  if (status === 'RUNNING') {
    if (!last) return 'It has begun.';
    if (waitingStates.includes(last.state)) return `It waits for people in ${last.state}, since ${seconds(last.tookMs)}.`;
    const who = released
      ? 'The new holder may sign.'
      : proven
        ? 'Nobody may sign until the key is released.'
        : 'Nobody new may sign before there is proof.';
    return `It is in ${last.state}, since ${seconds(last.tookMs)}. ${who}`;
  }
  if (status === 'SUCCEEDED') return `It succeeded in ${seconds(lengthMs)}.`;
  return `It ended ${status} after ${seconds(lengthMs)}. ${released ? 'The right to sign was given.' : 'No right to sign was given.'}`;
};

/** @param found undefined when the workflow service has forgotten it: it does after 90 days. */
export const failoverView = (execution: string, found: Execution | undefined, events: readonly ToldEvent[], atMs: number): FailoverView => {
  const status = found?.status ?? 'UNKNOWN';
  const running = status === 'RUNNING';
  const steps = stepsOf(events, running ? atMs : undefined);
  const { marks, evidence } = marksOf(events);
  const startedMs = events[0]?.atMs ?? found?.startedMs ?? null;
  const ended = steps.reduce((most, one) => Math.max(most, one.startedMs + one.tookMs), 0);
  const validator = validatorId.safeParse(execution.split('.')[0]);
  const end = found?.error === undefined ? (found?.sentence ?? null) : `${found.error}: ${found.cause ?? ''}`;
  return {
    atMs,
    execution,
    validator: validator.success ? validator.data : null,
    status,
    headline: found ? headlineOf(status, steps, marks, ended) : 'The workflow service does not know it, or has forgotten it: it keeps 90 days.',
    end: running ? null : end,
    startedMs,
    lengthMs: ended,
    steps,
    marks,
    evidence,
  };
};
