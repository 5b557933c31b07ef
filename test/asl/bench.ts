import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assess, executionInput, fence, reinstate, rejoin, releaseKey, requestApproval, settle, takeTerm, verify } from '../../functions/contract.ts';
import { loadDefinition } from '../../local/asl/definition.ts';
import { Run, type RunResult, type TaskCall, type TaskReply } from '../../local/asl/interpreter.ts';
import { TaskTokens } from '../../local/asl/tokens.ts';
import { alex, amber, birch, robin } from '../support/core.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** The real state machine in the interpreter, with scripted tasks. */

export const text = readFileSync(join(import.meta.dirname, '..', '..', 'statemachines', 'failover.asl.json'), 'utf8');
const names = ['Assess', 'RequestApproval', 'TakeTerm', 'Fence', 'ReleaseKey', 'Verify', 'Settle', 'Rejoin', 'Reinstate'];
const substitutions: Record<string, string> = { TopicArn: 'arn:aws:sns:us-east-1:1:t' };
for (const name of names) substitutions[`${name}FunctionArn`] = `arn:aws:lambda:us-east-1:1:function:${name}`;
export const definition = loadDefinition(text, substitutions);
const inputs = {
  Assess: assess.input,
  RequestApproval: requestApproval.input,
  RequestAttestation: requestApproval.input,
  TakeTerm: takeTerm.input,
  Fence: fence.input,
  ReleaseKey: releaseKey.input,
  Verify: verify.input,
  Settle: settle.input,
  Rejoin: rejoin.input,
  Reinstate: reinstate.input,
};
export const reached = new Set<string>();

const plan = {
  validator: 'hub-1',
  kind: 'failover',
  execution: 'one',
  cause: { kind: 'verdict', by: 'watch', reason: 'Failing.' },
  term: 1,
  phase: 'HELD',
  holder: amber,
  candidate: birch,
  accepts: ['relinquished'],
  approval: { required: true, quorum: 1, approvers: ['role/approver'] },
  config: 'c'.repeat(64),
};
const planHash = 'f'.repeat(64);
export const driven = { validator: 'hub-1', term: 2, claim: 'one' };
export type Step = Record<string, unknown> | { readonly throws: string } | 'silence';
export type Script = Partial<Record<string, readonly Step[]>>;

const asked = { validator: 'hub-1', kind: 'failover', cause: { kind: 'operator', by: robin, reason: 'x' } };
export const proceed = {
  decision: 'proceed',
  plan,
  planHash,
  approvalRequired: true,
  approvalSeconds: 900,
  quarantineSeconds: 60,
  sentence: 'Plan.',
};
export const refused = (code: string): Step => ({ decision: 'refused', code, sentence: 'No.', next: 'baton status hub-1' });
export const approved = { answer: 'approved', approvalId: 'a'.repeat(32), by: [alex], sentence: 'Yes.' };
export const denied = { answer: 'denied', approvalId: 'a'.repeat(32), by: [alex], sentence: 'No.' };
export const exhausted = (of: Record<string, unknown>): Step => ({
  state: 'exhausted',
  attestable: false,
  attestSeconds: 600,
  holderAlive: false,
  pass: 9,
  waitedMs: 120_000,
  sentence: 'None.',
  ...of,
});
export const happy: Script = {
  Assess: [proceed],
  RequestApproval: [approved],
  TakeTerm: [{ state: 'taken', ...driven, holder: amber, candidate: birch, sentence: 'Took.' }],
  Fence: [
    { state: 'pending', pass: 2, waitedMs: 3_000, sentence: 'Not yet.' },
    { state: 'fenced', kind: 'relinquished', pass: 3, waitedMs: 3_200, sentence: 'Fenced.' },
  ],
  ReleaseKey: [{ holder: birch, watermark: null, sentence: 'Released.' }],
  Verify: [
    { state: 'pending', pass: 2, waitedMs: 3_000, baseline: 40, sentence: 'Not yet.' },
    { state: 'signing', pass: 3, waitedMs: 3_100, baseline: 40, sentence: 'Signs.' },
  ],
  Settle: [{ sentence: 'Held.' }],
  Rejoin: [{ state: 'rejoined', sentence: 'Back.' }],
};

interface Ran {
  readonly result: RunResult;
  readonly calls: TaskCall[];
  readonly tookMs: number;
  readonly states: string[];
}

export const execute = async (script: Script, more: Record<string, unknown> = {}): Promise<Ran> => {
  const clock = new VirtualClock();
  let count = 0;
  const tokens = new TaskTokens(() => `token-${(count += 1)}`);
  const left = new Map(Object.entries({ ...happy, ...script }).map(([name, steps]) => [name, [...(steps ?? [])]]));
  const calls: TaskCall[] = [];
  const states: string[] = [];
  const invoke = async (call: TaskCall): Promise<TaskReply> => {
    calls.push(call);
    if (call.resource.endsWith('sns:publish'))
      return left.get('CallPerson')?.length ? { ok: false, error: 'SNS.Down', cause: '' } : { ok: true, result: {} };
    const args = call.args as { FunctionName: string; Payload: Record<string, unknown> };
    inputs[call.state as keyof typeof inputs].parse(args.Payload);
    const queue = left.get(call.state) ?? [];
    const step = queue.length > 1 ? queue.shift() : queue[0];
    if (step === undefined) throw new Error(`${call.state} was not expected`);
    if (step === 'silence') return call.resource.endsWith('waitForTaskToken') ? { ok: true, result: {} } : new Promise<TaskReply>(() => undefined);
    if (typeof step === 'object' && 'throws' in step)
      return { ok: false, error: String(step.throws), cause: '{"errorType":"x","errorMessage":"because"}' };
    if (!call.resource.endsWith('waitForTaskToken')) return { ok: true, result: { Payload: step } };
    tokens.answer(String(args.Payload['token']), { ok: true, result: requestApproval.answer.parse(step) });
    return { ok: true, result: {} };
  };
  const run = new Run({
    definition,
    clock,
    tokens,
    invoke,
    random: () => 0.5,
    signal: new AbortController().signal,
    execution: { id: 'arn:one', name: 'one', input: executionInput.parse({ ...asked, ...more }) },
    onEvent: ({ type, state }) => {
      if (type.endsWith('StateEntered') && state !== undefined) {
        reached.add(state);
        states.push(state);
      }
    },
  });
  const result = await clock.run(run.run());
  return { result, calls, tookMs: clock.steadyMs(), states };
};
