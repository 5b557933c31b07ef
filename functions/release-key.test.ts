import { describe, expect, test } from 'vitest';
import { BatonError } from '../core/errors.ts';
import { amber, birch, cedar, fencing, proof, reportOf, run, t, v } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';

import type { Act } from './shared/handler.ts';

import { reinstate } from './reinstate.ts';
import { rejoin } from './rejoin.ts';
import { releaseKey } from './release-key.ts';

import { settle } from './settle.ts';

import { verify } from './verify.ts';

const remaining = (): number => 100_000;
const call = <In, Out>(world: World, act: Act<In, Out>, input: In): Promise<Out> => world.clock.run(act(input, world.deps(), never, remaining));
const driven = { validator: v, term: t(2), claim: run('one') };

describe('release-key', () => {
  const input = { ...driven, candidate: birch };
  const fenced = (of: Parameters<typeof proof>[0] = {}): World => {
    const world = new World();
    world.lease = fencing({ phase: 'FENCED', evidence: proof(of) });
    return world;
  };
  test('releases to the candidate with the exact watermark of the proof', async () => {
    const world = fenced({ watermark: { kind: 'consensus', height: 90, round: 1, step: 2 } });
    expect(await call(world, releaseKey, input)).toMatchObject({ holder: birch, watermark: { height: 90, round: 1, step: 2 } });
    expect(world.lease).toMatchObject({ phase: 'RELEASED', holder: birch, releasedTerm: 2, sealed: { node: birch, term: 2 } });
    expect(world.released).toEqual([{ node: birch, term: 2 }]);
  });
  test('without an exact one, the head and a margin', async () => {
    expect(await call(fenced(), releaseKey, input)).toMatchObject({ watermark: { height: 102, round: 2_147_483_647, step: 3 } });
  });
  test('the head is read anew for each release', async () => {
    await call(fenced(), releaseKey, input);
    const later = fenced();
    later.head = 104;
    expect(await call(later, releaseKey, input)).toMatchObject({ watermark: { height: 106 } });
  });
  test('vantages that lag behind the fenced node or the candidate do not put the floor below what was signed', async () => {
    const ofFenced = fenced();
    ofFenced.reports.set(amber, reportOf({ height: 104 }));
    expect(await call(ofFenced, releaseKey, input)).toMatchObject({ watermark: { height: 106 } });
    const ofCandidate = fenced();
    ofCandidate.reports.set(birch, reportOf({ node: birch, height: 105 }));
    expect(await call(ofCandidate, releaseKey, input)).toMatchObject({ watermark: { height: 107 } });
  });
  test('a fenced node that never reported, or what nobody can read, is no obstacle', async () => {
    const world = fenced();
    world.reports.delete(amber);
    expect(await call(world, releaseKey, input)).toMatchObject({ watermark: { height: 102 } });
    for (const [code, released] of [
      ['LeaseInvalid', true],
      ['LeaseUnreachable', false],
    ] as const) {
      const other = fenced();
      const deps = other.deps();
      const readReport = deps.records.readReport.bind(deps.records);
      deps.records.readReport = async (validator, node, signal) => {
        if (node === amber) throw new BatonError(code, 'no', { fix: 'Wait.' });
        return readReport(validator, node, signal);
      };
      const answer = other.clock.run(releaseKey(input, deps, never, remaining));
      if (released) expect(await answer).toMatchObject({ watermark: { height: 102 } });
      else await expect(answer).rejects.toMatchObject({ name: code });
    }
  });
  test('the grant goes to the principal of the candidate', async () => {
    const world = fenced();
    const deps = world.deps();
    const principals: string[] = [];
    const { releaseTo } = deps.keys;
    deps.keys.releaseTo = async (of) => {
      principals.push(of.principal);
      return releaseTo(of);
    };
    await world.clock.run(releaseKey(input, deps, never, remaining));
    expect(principals).toEqual([`arn:aws:sts::123456789012:assumed-role/node/${birch}`]);
  });
  test('the watermark never falls below the lease’s', async () => {
    expect(await call(fenced({ watermark: { kind: 'consensus', height: 4, round: 0, step: 1 } }), releaseKey, input)).toMatchObject({
      watermark: { height: 10 },
    });
  });
  test.each<[string, (world: World) => void, string]>([
    [
      'FENCING',
      (world) => {
        world.lease = fencing();
      },
      'EvidenceRefused',
    ],
    [
      'a proof of another term',
      (world) => {
        world.lease = fencing({ phase: 'FENCED', evidence: proof({ term: t(1) }) });
      },
      'EvidenceRefused',
    ],
    [
      'a proof about another node',
      (world) => {
        world.lease = fencing({ phase: 'FENCED', evidence: proof({ node: birch }) });
      },
      'EvidenceRefused',
    ],
    [
      'no proof',
      (world) => {
        world.lease = fencing({ phase: 'FENCED' });
      },
      'EvidenceRefused',
    ],
    [
      'a kind the policy does not accept',
      (world) => {
        world.lease = fencing({ phase: 'FENCED', evidence: proof({ kind: 'lapsed' }) });
      },
      'EvidenceRefused',
    ],
    [
      'another candidate',
      (world) => {
        world.lease = fencing({ phase: 'FENCED', evidence: proof(), candidate: cedar });
      },
      'CandidateNotReady',
    ],
    [
      'a candidate that is not synced',
      (world) => {
        world.reports.set(birch, reportOf({ node: birch, synced: false }));
      },
      'CandidateNotReady',
    ],
    [
      'no key',
      (world) => {
        world.vault = undefined;
      },
      'KeyMissing',
    ],
    [
      'an unknown head',
      (world) => {
        world.head = null;
      },
      'WatermarkUnknown',
    ],
    [
      'vantages that the fenced node was far ahead of',
      (world) => {
        world.reports.set(amber, reportOf({ height: 106 }));
      },
      'WatermarkUnknown',
    ],
    [
      'vantages that the candidate is far ahead of',
      (world) => {
        world.reports.set(birch, reportOf({ node: birch, height: 106 }));
      },
      'WatermarkUnknown',
    ],
    [
      'another term',
      (world) => {
        world.lease = fencing({ term: t(3), phase: 'FENCED' });
      },
      'StaleTerm',
    ],
    [
      'KMS that gives no answer',
      (world) => {
        world.down.add('kms');
      },
      'LeaseUnreachable',
    ],
  ])('%s releases nothing', async (_, change, code) => {
    const world = fenced();
    change(world);
    const before = world.lease;
    await expect(call(world, releaseKey, input)).rejects.toMatchObject({ name: code });
    expect(world.lease).toBe(before);
  });
  test('after a lost reply it answers what was released', async () => {
    const world = fenced();
    world.loseReply = true;
    await expect(call(world, releaseKey, input)).rejects.toMatchObject({ name: 'LeaseUnreachable' });
    expect(await call(world, releaseKey, input)).toMatchObject({ holder: birch });
    expect(world.lease?.version).toBe(3);
  });
});

describe('after the release', () => {
  const released = (): World => {
    const world = new World();
    world.lease = fencing({ phase: 'RELEASED', holder: birch, releasedTerm: t(2) });
    return world;
  };
  const verifyInput = { ...driven, holder: birch, pass: 1, waitedMs: 0, baseline: null };
  test('verify sees signatures above its first look, from two vantages', async () => {
    const world = released();
    expect(await call(world, verify, verifyInput)).toMatchObject({ state: 'pending', baseline: 100 });
    world.landed = true;
    expect(await call(world, verify, { ...verifyInput, baseline: 100 })).toMatchObject({ state: 'signing', baseline: 100 });
    world.landed = false;
    expect(await call(world, verify, { ...verifyInput, waitedMs: 118_000 })).toMatchObject({ state: 'exhausted' });
    world.head = null;
    expect(await call(world, verify, verifyInput)).toMatchObject({ state: 'pending', baseline: null });
  });
  test('settle holds the term and remembers the failover', async () => {
    const world = released();
    expect(await call(world, settle, driven)).toEqual({ sentence: `${birch} holds term 2 of hub-1.` });
    expect(world.lease?.phase).toBe('HELD');
    expect(world.history).toEqual([{ execution: 'one', atMs: 1_700_000_000_000 }]);
  });
  test('rejoin: back as a standby, or in quarantine, never an error', async () => {
    const world = released();
    world.rejoinResult = { outcome: 'done', output: { ok: true } };
    expect(await call(world, rejoin, { ...driven, node: amber })).toMatchObject({ state: 'rejoined' });
    world.rejoinResult = { outcome: 'pending' };
    expect(await call(world, rejoin, { ...driven, node: amber })).toMatchObject({ state: 'quarantined' });
    world.powerState = 'stopped';
    expect(await call(world, rejoin, { ...driven, node: amber })).toMatchObject({
      state: 'quarantined',
      sentence: expect.stringContaining('powered off') as string,
    });
    world.powerState = 'running';
    world.down.add('ssm');
    expect(await call(world, rejoin, { ...driven, node: amber })).toMatchObject({ state: 'quarantined' });
    expect(await call(world, rejoin, { ...driven, node: birch })).toMatchObject({
      state: 'quarantined',
      sentence: expect.stringContaining('the holder itself') as string,
    });
  });
  test('reinstate gives the recorded active a new term, once', async () => {
    const world = new World();
    world.lease = fencing();
    world.loseReply = true;
    await expect(call(world, reinstate, { ...driven, holder: amber })).rejects.toMatchObject({ name: 'LeaseUnreachable' });
    expect(await call(world, reinstate, { ...driven, holder: amber })).toMatchObject({ term: 3, holder: amber });
    expect(world.lease).toMatchObject({ term: 3, phase: 'RELEASED', holder: amber, releasedTerm: 3, sealed: { node: amber, term: 3 } });
  });
  test('reinstate is for the recorded active alone', async () => {
    const world = new World();
    world.lease = fencing();
    await expect(call(world, reinstate, { ...driven, holder: birch })).rejects.toMatchObject({ name: 'StaleTerm' });
  });
});
