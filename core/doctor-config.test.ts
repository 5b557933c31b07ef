import { registry } from '../chains/registry.ts';
import { describe, expect, test } from 'vitest';
import { configOf, robin } from '../test/support/core.ts';
import { tellApprovers, tellConfig, tellPrincipals, tellTiming, tellVantages } from './doctor-config.ts';
import { durationMs } from './time.ts';

type One = Record<string, unknown>;
const apply = 'then: baton apply validators.yaml';
const set =
  (key: string, ...values: unknown[]) =>
  (one: One): void => {
    (one['nodes'] as One[]).forEach((node, index) => (node[key] = values[index]));
  };

describe('principals', () => {
  const account = '123456789012';
  const role = `arn:aws:iam::${account}:role`;
  const session = `arn:aws:sts::${account}:assumed-role`;
  test('of its own for each node are well, and so is one node', () => {
    const well = { state: 'ok', sentence: 'Each node has a principal of its own.', next: null };
    expect(tellPrincipals(configOf())).toStrictEqual(well);
    expect(tellPrincipals(configOf((one) => (one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1))))).toStrictEqual(well);
  });
  test.each([
    [`${role}/node`, `${role}/node`],
    [`${session}/node/i-1`, `${session}/node/i-1`],
    [`arn:aws:iam::${account}:user/node`, `arn:aws:iam::${account}:user/node`],
    [`${role}/node`, `${session}/node/i-1`],
    [`${session}/node/i-1`, `${role}/path/node`],
    [`${role}/a/node`, `${role}/b/node`],
  ])('%s and %s are one grantee', (first, second) => {
    expect(tellPrincipals(configOf(set('principal', first, second)))).toStrictEqual({
      state: 'fail',
      sentence: `amber and birch share the principal ${first}: a key that is granted to one is granted to both.`,
      next: `Give each node a role, or a session, of its own in validators.yaml, ${apply}   (hub-1)`,
    });
  });
  test.each([
    [`${session}/node/i-1`, `${session}/node/i-2`],
    [`${role}/amber`, `${role}/birch`],
    [`${role}/node`, `${session}/other/node`],
    [`${role}/node`, 'arn:aws:sts::210987654321:assumed-role/node/i-1'],
    [`${role}/node`, `arn:aws:iam::${account}:user/node`],
    [`arn:aws:iam::${account}:user/node`, `${session}/node/i-1`],
  ])('%s and %s are two', (first, second) => {
    expect(tellPrincipals(configOf(set('principal', first, second))).state).toBe('ok');
    expect(tellPrincipals(configOf(set('principal', second, first))).state).toBe('ok');
  });
  test('are compared each with each', () => {
    const third = (one: One): void => {
      const [amber, birch] = one['nodes'] as One[];
      one['nodes'] = [amber, { ...birch, name: 'cedar', id: 'i-0ceda00000000003', principal: `${role}/cedar` }, birch];
      if (birch && amber) birch['principal'] = `${role}/cedar`;
    };
    expect(tellPrincipals(configOf(third)).sentence).toMatch(/^cedar and birch share/);
  });
});

describe('vantages', () => {
  const next = `Change vantages in validators.yaml, ${apply}`;
  const seenFrom =
    (...urls: string[]) =>
    (one: One): void => {
      set('url', 'http://10.0.0.1:26657', undefined)(one);
      one['vantages'] = urls.map((url, index) => ({ name: `place-${index}`, url }));
    };
  test.each<[string[], string, string]>([
    [['http://10.0.0.2:1', 'http://10.0.0.3:1'], 'ok', 'The chain is seen from 2 places.'],
    [['http://10.0.0.2:1', 'http://10.0.0.1:26657/rpc'], 'fail', 'Vantage place-1 is a node of this validator: it goes blind when that node fails.'],
    [['http://10.0.0.2:1'], 'fail', 'The chain is seen from 1 places, 2 are needed.'],
    [['http://10.0.0.2:1/a', 'http://10.0.0.2:1/b'], 'fail', 'The chain is seen from 1 places, 2 are needed.'],
    [['http://10.0.0.2:1', 'http://10.0.0.1:1317'], 'warn', 'Vantage place-1 is on the machine of a node of this validator.'],
    [['http://10.0.0.1:1317'], 'fail', 'The chain is seen from 1 places, 2 are needed.'],
  ])('%j: %s', (urls, state, sentence) => {
    expect(tellVantages(configOf(seenFrom(...urls)))).toStrictEqual({ state, sentence, next: state === 'ok' ? null : next });
  });
  test('as many as must agree are needed', () => {
    const three = (one: One): void => {
      one['policy'] = { verdict: { vantages: 3 } };
    };
    expect(tellVantages(configOf(three)).sentence).toBe('The chain is seen from 2 places, 3 are needed.');
    const one = (of: One): void => {
      seenFrom('http://10.0.0.2:1')(of);
      of['policy'] = { verdict: { vantages: 1 } };
    };
    expect(tellVantages(configOf(one)).sentence).toBe('The chain is seen from 1 places, 2 are needed.');
  });
});

describe('approvers', () => {
  const login = 'Log in (for example: aws sso login) and run it again.';
  const add = `Add approvers to validators.yaml, ${apply}`;
  const policy =
    (of: One) =>
    (one: One): void => {
      one['policy'] = of;
    };
  test.each<[string[], number, string, string]>([
    [['role/approver'], 1, 'ok', '0 people and 1 roles may approve, 1 must.'],
    [['arn:aws:iam::123456789012:role/approver', 'user/alex'], 3, 'ok', '1 people and 1 roles may approve, 3 must.'],
    [['user/alex'], 1, 'ok', '1 people and 0 roles may approve, 1 must.'],
    [['user/alex', 'approver/sam'], 2, 'ok', '2 people and 0 roles may approve, 2 must.'],
    [[], 1, 'fail', '0 people and 0 roles may approve, 1 must.'],
    [['user/alex', 'approver/alex'], 2, 'fail', '1 people and 0 roles may approve, 2 must.'],
    [['myrole/alex'], 2, 'fail', '1 people and 0 roles may approve, 2 must.'],
    [['user/robin'], 1, 'fail', '1 people and 0 roles may approve, 1 must, and who asks may not: with you asking they are too few.'],
    [['user/robin', 'user/alex'], 2, 'fail', '2 people and 0 roles may approve, 2 must, and who asks may not: with you asking they are too few.'],
    [['user/robin', 'user/alex'], 1, 'ok', '2 people and 0 roles may approve, 1 must.'],
    [['user/robin', 'role/approver'], 2, 'ok', '1 people and 1 roles may approve, 2 must.'],
  ])('%j for a quorum of %i: %s', (approvers, quorum, state, sentence) => {
    const told = tellApprovers(configOf(policy({ approvers, quorum })), { value: robin });
    expect(told).toStrictEqual({ state, sentence, next: state === 'ok' ? null : add });
  });
  test('that are too few are a warning only where a verdict acts alone', () => {
    expect(tellApprovers(configOf(policy({ mode: 'auto' })), { value: robin }).state).toBe('warn');
    expect(tellApprovers(configOf(policy({ mode: 'auto', approvers: ['user/robin'] })), { value: robin }).state).toBe('warn');
    expect(tellApprovers(configOf(policy({ mode: 'watch' })), { value: robin }).state).toBe('fail');
  });
  test('are not known to be enough for a caller who is not known', () => {
    const nobody = { unknown: 'Who?' };
    expect(tellApprovers(configOf(), nobody)).toStrictEqual({ state: 'unknown', sentence: 'Who?', next: login });
    expect(tellApprovers(configOf(policy({})), nobody)).toMatchObject({ state: 'fail', next: add });
  });
});

test('a configuration is judged by the rules of apply', () => {
  expect(tellConfig(configOf(), registry)).toStrictEqual({
    state: 'ok',
    sentence: 'Mode approve; evidence relinquished, stopped, powered-off.',
    next: null,
  });
  const wrong = configOf((one) => (one['holder'] = 'zebra'));
  expect(tellConfig(wrong, registry)).toStrictEqual({
    state: 'fail',
    sentence: 'hub-1: holder is "zebra": expected one of its nodes amber, birch',
    next: 'Set holder to the name of the node that signs now.',
  });
});

test('the timing is told with its sum', () => {
  const config = configOf();
  const sum = 'poll 3000 + read timeout 2000 + stop 3000 + margin 2000 = 10000 ms';
  expect(tellTiming(config)).toStrictEqual({
    state: 'ok',
    sentence: `${sum} < lease 15000 ms; a silent guard has stopped after 18579 ms.`,
    next: null,
  });
  expect(tellTiming({ ...config, timing: { ...config.timing, leaseMs: durationMs(8_000) } })).toStrictEqual({
    state: 'fail',
    sentence: expect.stringMatching(/ ≥ lease 8000 ms; .*\.$/) as string,
    next: `Raise timing.leaseMs in validators.yaml, ${apply}`,
  });
});
