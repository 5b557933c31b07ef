import aslValidator from 'asl-validator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { assess, executionInput, fence, reinstate, rejoin, releaseKey, requestApproval, settle, takeTerm, verify } from '../../functions/contract.ts';
import { loadDefinition } from '../../local/asl/definition.ts';
import { Run, type RunResult, type TaskCall, type TaskReply } from '../../local/asl/interpreter.ts';
import { TaskTokens } from '../../local/asl/tokens.ts';
import { alex, amber, birch, robin } from '../support/core.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** The real state machine in the interpreter, with scripted tasks: every state and every end is reached. */

const text = readFileSync(join(import.meta.dirname, '..', '..', 'statemachines', 'failover.asl.json'), 'utf8');
const names = ['Assess', 'RequestApproval', 'TakeTerm', 'Fence', 'ReleaseKey', 'Verify', 'Settle', 'Rejoin', 'Reinstate'];
const substitutions: Record<string, string> = { TopicArn: 'arn:aws:sns:us-east-1:1:t' };
for (const name of names) substitutions[`${name}FunctionArn`] = `arn:aws:lambda:us-east-1:1:function:${name}`;
const definition = loadDefinition(text, substitutions);
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
const reached = new Set<string>();

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
const driven = { validator: 'hub-1', term: 2, claim: 'one' };
type Step = Record<string, unknown> | { readonly throws: string } | 'silence';
type Script = Partial<Record<string, readonly Step[]>>;

const asked = { validator: 'hub-1', kind: 'failover', cause: { kind: 'operator', by: robin, reason: 'x' } };
const proceed = { decision: 'proceed', plan, planHash, approvalRequired: true, approvalSeconds: 900, quarantineSeconds: 60, sentence: 'Plan.' };
const refused = (code: string): Step => ({ decision: 'refused', code, sentence: 'No.', next: 'baton status hub-1' });
const approved = { answer: 'approved', approvalId: 'a'.repeat(32), by: [alex], sentence: 'Yes.' };
const denied = { answer: 'denied', approvalId: 'a'.repeat(32), by: [alex], sentence: 'No.' };
const exhausted = (of: Record<string, unknown>): Step => ({
  state: 'exhausted',
  attestable: false,
  attestSeconds: 600,
  holderAlive: false,
  pass: 9,
  waitedMs: 120_000,
  sentence: 'None.',
  ...of,
});
const happy: Script = {
  Assess: [proceed],
  RequestApproval: [approved],
  TakeTerm: [{ ...driven, holder: amber, candidate: birch, sentence: 'Took.' }],
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

const execute = async (script: Script, more: Record<string, unknown> = {}): Promise<Ran> => {
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

test('the candidate signs', async () => {
  const { result, states, tookMs } = await execute({});
  expect(result).toEqual({
    status: 'SUCCEEDED',
    output: { validator: 'hub-1', term: 2, holder: birch, sentence: `${birch} signs for hub-1 in term 2. Back.` },
  });
  expect(states).toEqual([
    'Planned',
    'Assess',
    'Assessed',
    'RequestApproval',
    'Approved',
    'TakeTerm',
    'Fence',
    'Fenced',
    'Fence',
    'Fenced',
    'ReleaseKey',
    'Verify',
    'Verified',
    'Verify',
    'Verified',
    'Settle',
    'Settled',
    'Quarantine',
    'Rejoin',
    'Done',
  ]);
  expect(tookMs).toBe(60_000);
});

test('a plan that needs no approval takes the term at once', async () => {
  const { states } = await execute({ Assess: [{ ...proceed, approvalRequired: false }] });
  expect(states.slice(0, 4)).toEqual(['Planned', 'Assess', 'Assessed', 'TakeTerm']);
});

describe('a planned move', () => {
  // The clock of these tests begins at 2023-11-14T22:13:20Z.
  const window = { kind: 'switchover', to: birch, notBefore: '2023-11-15T00:13:20Z', notAfter: '2023-11-15T00:28:20Z' };
  test('waits for its window, and is assessed only then', async () => {
    const { result, states, calls, tookMs } = await execute({ Assess: [{ ...proceed, approvalRequired: false }] }, window);
    expect(states.slice(0, 4)).toEqual(['Planned', 'AwaitWindow', 'Assess', 'Assessed']);
    expect(calls[0]).toMatchObject({ state: 'Assess', args: { Payload: { ...window, execution: 'one' } } });
    expect(tookMs).toBe(2 * 3_600_000 + 60_000);
    expect(result.status).toBe('SUCCEEDED');
  });
  test('whose window is open already begins at once', async () => {
    const { states, tookMs } = await execute({}, { ...window, notBefore: '2023-11-14T22:00:00Z' });
    expect(states.slice(0, 3)).toEqual(['Planned', 'AwaitWindow', 'Assess']);
    expect(tookMs).toBe(60_000);
  });
  test('that was cancelled ends, calls nobody and touches nothing', async () => {
    const { result, states } = await execute({ Assess: [refused('Cancelled')] }, window);
    expect(result).toEqual({
      status: 'SUCCEEDED',
      output: { validator: 'hub-1', sentence: 'No. Nothing was changed; the recorded active may sign, as before.' },
    });
    expect(states).toEqual(['Planned', 'AwaitWindow', 'Assess', 'Assessed', 'Cancelled']);
  });
  test('that came too late calls a person', async () => {
    const { result, states } = await execute({ Assess: [refused('WindowOver')] }, window);
    expect([result.status, ...states.slice(4)]).toEqual(['FAILED', 'CallPerson', 'WhichEnd', 'Refused']);
  });
});

test('what Fence has waited is counted from the term, by its own passes', async () => {
  const { calls } = await execute({});
  const waited = calls.filter(({ state }) => state === 'Fence').map(({ args }) => (args as { Payload: { waitedMs: number } }).Payload.waitedMs);
  expect(waited).toEqual([0, 3_000]);
});

test('an attestation goes back to Fence, which judges it', async () => {
  const { calls, result } = await execute({
    Fence: [exhausted({ attestable: true }), { state: 'fenced', kind: 'attested', pass: 11, waitedMs: 121_000, sentence: 'Attested.' }],
    RequestAttestation: [approved],
  });
  const fences = calls
    .filter(({ state }) => state === 'Fence')
    .map(({ args }) => (args as { Payload: { approvalId: string | null } }).Payload.approvalId);
  expect(fences).toEqual([null, 'a'.repeat(32)]);
  expect(result.status).toBe('SUCCEEDED');
});

describe('every failure has its own end, says who may sign, and calls a person after the term was taken', () => {
  test.each<[string, Script, boolean]>([
    ['Refused', { Assess: [refused('Recovered')] }, false],
    ['Refused', { Assess: [refused('CandidateNotReady')] }, true],
    ['AssessFailed', { Assess: [{ throws: 'InputInvalid' }] }, true],
    ['ApprovalFailed', { RequestApproval: [{ throws: 'ApproverNotAllowed' }] }, true],
    ['Denied', { RequestApproval: [denied] }, false],
    ['Expired', { RequestApproval: ['silence'] }, true],
    ['StaleTerm', { TakeTerm: [{ throws: 'StaleTerm' }] }, false],
    ['PlanChanged', { TakeTerm: [{ throws: 'PlanChanged' }] }, false],
    ['ApprovalInvalid', { TakeTerm: [{ throws: 'ApprovalInvalid' }] }, false],
    ['Refused', { TakeTerm: [{ throws: 'FleetFrozen' }] }, true],
    ['ApprovalInvalid', { TakeTerm: [{ throws: 'Paused' }] }, false],
    ['TakeTermFailed', { TakeTerm: [{ throws: 'LeaseUnreachable' }] }, true],
    ['StaleTerm', { Fence: [{ throws: 'StaleTerm' }] }, false],
    ['FenceFailed', { Fence: [{ throws: 'LeaseInvalid' }] }, true],
    ['FenceFailed', { Fence: ['silence'] }, true],
    ['Unfenceable', { Fence: [exhausted({})] }, true],
    ['AttestationExpired', { Fence: [exhausted({ attestable: true })], RequestAttestation: ['silence'] }, true],
    ['AttestationDeclined', { Fence: [exhausted({ attestable: true })], RequestAttestation: [denied] }, true],
    ['AttestationFailed', { Fence: [exhausted({ attestable: true })], RequestAttestation: [{ throws: 'ApproverNotAllowed' }] }, true],
    ['Unfenceable', { Fence: [exhausted({ attestable: true })], RequestAttestation: [approved] }, true],
    ['ReleaseFailed', { ReleaseKey: [{ throws: 'FleetFrozen' }] }, true],
    ['VerifyFailed', { Verify: [{ throws: 'ValidatorUnknown' }] }, true],
    ['NotSigning', { Verify: [{ state: 'exhausted', pass: 40, waitedMs: 120_000, baseline: 40, sentence: 'Nothing.' }] }, true],
    ['SettleFailed', { Settle: [{ throws: 'LeaseUnreachable' }] }, true],
    ['RejoinFailed', { Rejoin: [{ throws: 'LeaseInvalid' }] }, true],
    ['Reinstated', { Fence: [exhausted({ holderAlive: true })], Reinstate: [{ ...driven, term: 3, holder: amber, sentence: 'Back.' }] }, true],
    [
      'Reinstated',
      {
        Fence: [exhausted({ attestable: true, holderAlive: true })],
        RequestAttestation: [denied],
        Reinstate: [{ ...driven, term: 3, holder: amber, sentence: 'Back.' }],
      },
      true,
    ],
    ['ReinstateFailed', { Fence: [exhausted({ holderAlive: true })], Reinstate: [{ throws: 'KeyMissing' }] }, true],
    ['Unfenceable', { Fence: [exhausted({})], CallPerson: [{ throws: 'x' }] }, true],
  ])('%s', async (end, script, calls) => {
    const ran = await execute(script);
    expect(ran.result).toMatchObject({ status: 'FAILED', error: end });
    expect(ran.result.status === 'FAILED' && ran.result.cause).toMatch(
      /Who may sign now: .+\. Next: baton .+ \(execution one\)|Who may sign now: .+\. Next: (Bring|Look) .+ \(execution one\)/,
    );
    expect(ran.states.includes('CallPerson')).toBe(calls);
    const released = ran.states.includes('ReleaseKey');
    const fencedBefore = ran.states.indexOf('Fenced') >= 0;
    expect(!released || fencedBefore).toBe(true);
  });
});

test.each([
  ['Fence', { Fence: [{ throws: 'Lambda.Unknown' }, ...(happy['Fence'] ?? [])] }],
  ['TakeTerm', { TakeTerm: [{ throws: 'LeaseUnreachable' }, ...(happy['TakeTerm'] ?? [])] }],
  ['ReleaseKey', { ReleaseKey: [{ throws: 'WatermarkUnknown' }, { throws: 'KeyServiceFailed' }, ...(happy['ReleaseKey'] ?? [])] }],
] as [string, Script][])('transient trouble of %s is tried again', async (_, script) => {
  expect((await execute(script)).result.status).toBe('SUCCEEDED');
});

describe('the definition', () => {
  const states = Object.entries(definition.States);
  test('passes asl-validator', () => {
    expect(aslValidator(JSON.parse(text) as Record<string, unknown>)).toMatchObject({ isValid: true });
  });
  test('no retry names States.ALL, and every retry is bounded', () => {
    const retries = states.flatMap(([, state]) => (state.Type === 'Task' ? (state.Retry ?? []) : []));
    expect(retries.filter(({ ErrorEquals }) => ErrorEquals.includes('States.ALL') || ErrorEquals.includes('States.TaskFailed'))).toEqual([]);
    expect(retries.filter(({ MaxAttempts }) => MaxAttempts === undefined || MaxAttempts > 10)).toEqual([]);
  });
  test('every state tells what it is for', () => {
    expect(states.filter(([, { Comment }]) => Comment === undefined || Comment.length < 10).map(([name]) => name)).toEqual([]);
  });
  test('ReleaseKey is reached only from the choice that saw a proof', () => {
    const to = states.filter(([, state]) => JSON.stringify(state).includes('"Next":"ReleaseKey"')).map(([name]) => name);
    expect(to).toEqual(['Fenced']);
    const fenced = definition.States['Fenced'];
    expect(fenced?.Type === 'Choice' && fenced.Choices.find(({ Next }) => Next === 'ReleaseKey')?.Condition).toBe(
      "{% $states.input.state = 'fenced' %}",
    );
  });
});

afterAll(() => {
  expect(Object.keys(definition.States).filter((name) => !reached.has(name))).toEqual([]);
});
