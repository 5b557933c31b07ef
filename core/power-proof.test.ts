import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, fencing, t, v } from '../test/support/core.ts';
import type { PowerConfig } from './power.ts';
import { proofOfPower, type PowerAsk, type PowerSaid } from './power-proof.ts';

const uuid = '38947555-7742-3448-3784-823347823834';
const redfish: PowerConfig = { kind: 'redfish', url: 'https://10.0.0.9', system: '1', uuid, parameter: 'cedar' };
const webhook: PowerConfig = { kind: 'webhook', url: 'https://hooks.example/power', parameter: 'cedar' };
const lease = fencing({ holder: cedar });
const ask = (power: PowerConfig): PowerAsk => ({ validator: v, node: cedar, term: t(2), power });
const shown = { kind: 'redfish' as const, node: cedar, host: '10.0.0.9', system: '1', uuid, state: 'Off' };
const asked = { validator: v, node: cedar, term: 2, nonce: 'n' };
const answered = { ...asked, state: 'off' };
const told = { kind: 'webhook' as const, host: 'hooks.example', asked, answered };
const judge = (said: PowerSaid, of: { power?: PowerConfig; ordered?: boolean; lease?: typeof lease; ask?: PowerAsk } = {}) =>
  proofOfPower(of.lease ?? lease, {
    ask: of.ask ?? ask(of.power ?? (said.kind === 'webhook' ? webhook : redfish)),
    ordered: of.ordered ?? true,
    said,
    atMs: 9,
  });

describe('power that is off', () => {
  test('is proof for exactly this node and term', () => {
    const evidence = { kind: 'powered-off', node: cedar, term: 2, atMs: 9 };
    expect(judge(shown)).toEqual({
      outcome: 'proof',
      evidence: { ...evidence, by: 'Redfish 10.0.0.9', how: `Redfish shows system 1 (UUID ${uuid}) as Off.` },
    });
    expect(judge(told)).toEqual({
      outcome: 'proof',
      evidence: { ...evidence, by: 'webhook hooks.example', how: 'The signed answer of hooks.example says that the power is off.' },
    });
    const ec2 = { kind: 'ec2' as const };
    const said = { kind: 'ec2' as const, node: amber, state: 'stopped' };
    expect(judge(said, { lease: fencing(), ask: { ...ask(ec2), node: amber } })).toMatchObject({ outcome: 'proof', evidence: { by: 'EC2' } });
  });
  test('is none before an order of this term was taken', () => {
    for (const said of [shown, told])
      expect(judge(said, { ordered: false })).toEqual({ outcome: 'none', reason: 'no order of this term to cut its power was taken yet' });
  });
  test('is none of another machine, node, validator, term or question', () => {
    const another = 'the answer is of another validator, node or term';
    const others: [PowerSaid, string][] = [
      [{ ...shown, uuid: '00000000-7742-3448-3784-823347823834' }, `the system behind 10.0.0.9 has another UUID than ${uuid}`],
      [{ ...shown, system: '2' }, 'the answer is of system 2, not of 1'],
      [{ ...shown, node: amber }, `the state is of ${amber}, not of the recorded active ${cedar}`],
      [{ ...told, answered: { ...answered, node: amber } }, another],
      [{ ...told, answered: { ...answered, validator: 'hub-2' } }, another],
      [{ ...told, answered: { ...answered, term: 1 } }, another],
      [{ ...told, answered: { ...answered, nonce: 'm' } }, 'the answer is to another question'],
      [{ ...shown, state: 'On' }, 'Redfish says On; only Off counts'],
      [{ ...told, answered: { ...answered, state: 'on' } }, 'the webhook says on; only off counts'],
      [{ kind: 'unknown', reason: 'It gave no answer.' }, 'It gave no answer.'],
    ];
    for (const [said, reason] of others) expect(judge(said)).toEqual({ outcome: 'none', reason });
  });
  test('is none when something else was asked than the recorded active of this term', () => {
    for (const change of [{ node: birch }, { term: t(1) }, { validator: 'hub-2' as typeof v }])
      expect(judge(shown, { ask: { ...ask(redfish), ...change } })).toEqual({
        outcome: 'none',
        reason: `${change.node ?? cedar} was asked about, not the recorded active ${cedar} in this term`,
      });
  });
  test('is none by another way than the configured one', () => {
    expect(judge(shown, { power: webhook })).toEqual({ outcome: 'none', reason: 'Redfish answered, not the webhook' });
    expect(judge({ kind: 'ec2', node: cedar, state: 'stopped' }, { power: redfish })).toEqual({
      outcome: 'none',
      reason: 'EC2 answered, not Redfish',
    });
  });
  test('is none in any phase but FENCING', () => {
    for (const phase of ['HELD', 'FENCED', 'RELEASED'] as const)
      expect(judge(shown, { lease: { ...lease, phase } })).toEqual({ outcome: 'none', reason: `the lease is ${phase}, not FENCING` });
  });
});

test('no other word than Off and off is proof, whatever it is', () => {
  const words = fc.oneof(
    fc.string(),
    fc.constantFrom('On', 'PoweringOff', 'PoweringOn', 'Paused', 'OFF', ' Off', 'Off ', 'stopped', 'off', 'Off', 'unknown', ''),
  );
  fc.assert(
    fc.property(words, fc.boolean(), (state, ordered) => {
      expect(judge({ ...shown, state }, { ordered }).outcome === 'proof').toBe(ordered && state === 'Off');
      expect(judge({ ...told, answered: { ...answered, state } }, { ordered }).outcome === 'proof').toBe(ordered && state === 'off');
      expect(judge({ kind: 'unknown', reason: state }, { ordered }).outcome).toBe('none');
    }),
  );
});
