import aslValidator from 'asl-validator';
import { afterAll, describe, expect, test } from 'vitest';
import type { TaskCall } from '../../local/asl/interpreter.ts';
import { amber, birch } from '../support/core.ts';
import { approved, definition, denied, driven, execute, exhausted, happy, proceed, reached, refused, text, type Script, type Step } from './bench.ts';

/** The real state machine: every state and every end is reached. */

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
    'Taken',
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

describe('a move that waits until nothing is due', () => {
  const later = (seconds: number, waitedMs: number): Step => ({ state: 'later', seconds, waitedMs, sentence: 'Later.' });
  const script = { TakeTerm: [later(20, 20_000), later(5, 25_000), ...(happy['TakeTerm'] ?? [])] };
  const asked = (calls: readonly TaskCall[], name: string): Record<string, unknown>[] =>
    calls.filter(({ state }) => state === name).map(({ args }) => (args as { Payload: Record<string, unknown> }).Payload);
  test('asks again what it was told before, and Fence counts from nothing', async () => {
    const { result, states, calls, tookMs } = await execute(script);
    expect(result.status).toBe('SUCCEEDED');
    expect(states.slice(5, 13)).toEqual(['TakeTerm', 'Taken', 'AwaitQuiet', 'TakeTerm', 'Taken', 'AwaitQuiet', 'TakeTerm', 'Taken']);
    expect(asked(calls, 'TakeTerm').map((one) => one['quiet'])).toEqual([0, 20_000, 25_000].map((waitedMs) => ({ waitedMs, notAfter: null })));
    expect(asked(calls, 'Fence')[0]?.['waitedMs']).toBe(0);
    expect(tookMs).toBe(85_000);
  });
  test('tells the end of its window', async () => {
    const notAfter = '2023-11-15T00:28:20Z';
    const { calls } = await execute(script, { kind: 'switchover', to: birch, notBefore: '2023-11-14T22:00:00Z', notAfter });
    expect(asked(calls, 'TakeTerm')[2]?.['quiet']).toEqual({ waitedMs: 25_000, notAfter });
  });
  test('is refused when something has changed meanwhile', async () => {
    const { result, states } = await execute({ TakeTerm: [later(20, 20_000), { throws: 'StaleTerm' }] });
    expect(result).toMatchObject({ status: 'FAILED', error: 'StaleTerm' });
    expect(states).not.toContain('Fence');
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
    const taken = definition.States['Taken'];
    expect(taken?.Type === 'Choice' && taken.Choices.map(({ Condition, Next }) => [Condition, Next])).toEqual([
      ["{% $states.input.state = 'taken' %}", 'Fence'],
    ]);
    const fenced = definition.States['Fenced'];
    expect(fenced?.Type === 'Choice' && fenced.Choices.find(({ Next }) => Next === 'ReleaseKey')?.Condition).toBe(
      "{% $states.input.state = 'fenced' %}",
    );
  });
});

afterAll(() => {
  expect(Object.keys(definition.States).filter((name) => !reached.has(name))).toEqual([]);
});
