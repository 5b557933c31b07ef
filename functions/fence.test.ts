import { describe, expect, test } from 'vitest';
import { alex, amber, birch, configOf, fenceOutputOf, fencing, recordOf, reportOf, run, t, v } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';

import { nonceOf } from '../core/proofs.ts';
import { durationMs } from '../core/time.ts';
import type { Act } from './shared/handler.ts';

import { fence } from './fence.ts';

const remaining = (): number => 100_000;
const call = <In, Out>(world: World, act: Act<In, Out>, input: In): Promise<Out> => world.clock.run(act(input, world.deps(), never, remaining));
const driven = { validator: v, term: t(2), claim: run('one') };

describe('fence', () => {
  const input = { ...driven, holder: amber, planHash: 'f'.repeat(64), pass: 1, waitedMs: 0, approvalId: null };
  const worldOf = (policy: Record<string, unknown> = { approvers: ['role/approver'] }): World => {
    const world = new World();
    world.config = configOf((one) => {
      one['policy'] = policy;
    });
    world.lease = fencing();
    return world;
  };
  const goodOutput = (of: Record<string, unknown> = {}) => fenceOutputOf({ nonce: nonceOf(fencing()), unit: 'x.service', ...of });
  test('takes a relinquish at once, before anything is sent', async () => {
    const world = worldOf();
    world.reports.set(amber, reportOf({ relinquished: { term: t(2), watermark: null } }));
    expect(await call(world, fence, input)).toMatchObject({ state: 'fenced', kind: 'relinquished', pass: 2, waitedMs: 0 });
    expect(world.lease).toMatchObject({ phase: 'FENCED', evidence: { kind: 'relinquished', node: amber, term: 2 } });
    expect(world.sent).toEqual([]);
  });
  test('sends the command once, two seconds later, and the power-off after ten', async () => {
    const world = worldOf();
    expect(await call(world, fence, { ...input, waitedMs: 0 })).toMatchObject({ state: 'pending', pass: 2 });
    expect(world.sent).toEqual([`${amber}/${nonceOf(fencing())}`]);
    expect(world.powerOffs).toBe(0);
    const second = await call(world, fence, { ...input, pass: 4, waitedMs: 9_000 });
    expect(second.state).toBe('pending');
    expect(world.sent.length).toBe(1);
    expect(world.powerOffs).toBeGreaterThan(0);
    world.powerState = 'stopped';
    expect(await call(world, fence, { ...input, waitedMs: 12_000 })).toMatchObject({ state: 'fenced', kind: 'powered-off' });
  });
  test('the power-off is ordered once in a pass, however often its state is asked for, and again in the next', async () => {
    const world = worldOf();
    await call(world, fence, { ...input, waitedMs: 10_000 });
    expect(world.powerOffs).toBe(1);
    await call(world, fence, { ...input, pass: 2, waitedMs: 13_000 });
    expect(world.powerOffs).toBe(2);
  });
  test('a verified stop is proof; each of these is not', async () => {
    const world = worldOf();
    world.commandResult = { outcome: 'done', output: goodOutput() };
    expect(await call(world, fence, { ...input, waitedMs: 2_000 })).toMatchObject({ state: 'fenced', kind: 'stopped' });
    for (const result of [
      { outcome: 'unknown' as const, reason: 'SSM says TimedOut' },
      { outcome: 'unknown' as const, reason: 'SSM says Undeliverable' },
      { outcome: 'failed' as const, reason: 'x' },
      { outcome: 'done' as const, output: goodOutput({ nonce: 'b'.repeat(32) }) },
      { outcome: 'done' as const, output: goodOutput({ term: 3 }) },
      { outcome: 'done' as const, output: undefined },
    ]) {
      const other = worldOf({ approvers: ['role/approver'], evidence: ['stopped'] });
      other.commandResult = result;
      expect((await call(other, fence, { ...input, waitedMs: 2_000 })).state).toBe('pending');
      expect(other.lease?.phase).toBe('FENCING');
    }
  });
  test('the recorded active is fenced, not the first of the configuration', async () => {
    const world = worldOf();
    world.lease = fencing({ holder: birch, candidate: amber });
    const asked: string[] = [];
    const deps = world.deps();
    deps.power.state = async (node) => {
      asked.push(node);
      return 'running';
    };
    deps.power.off = async (node) => {
      asked.push(`off ${node}`);
    };
    deps.fenceCommand.result = async ({ node }) => {
      asked.push(`result ${node}`);
      return { outcome: 'pending' };
    };
    await world.clock.run(fence({ ...input, holder: birch, waitedMs: 20_000 }, deps, never, remaining));
    expect(world.sent.map((one) => one.split('/')[0])).toEqual([birch]);
    expect(asked.filter((one) => !one.endsWith(birch))).toEqual([]);
    expect(asked).toContain(`off ${birch}`);
  });
  test('only accepted kinds are tried', async () => {
    const world = worldOf({ approvers: ['role/approver'], evidence: ['stopped'] });
    world.reports.set(amber, reportOf({ relinquished: { term: t(2), watermark: null } }));
    world.powerState = 'stopped';
    expect((await call(world, fence, { ...input, waitedMs: 60_000 })).state).toBe('pending');
    expect(world.powerOffs).toBe(0);
  });
  test('trouble with one kind does not stop the others and is no proof', async () => {
    const world = worldOf();
    world.down.add('ssm');
    world.powerState = 'stopped';
    expect(await call(world, fence, { ...input, waitedMs: 20_000 })).toMatchObject({ state: 'fenced', kind: 'powered-off' });
    const blind = worldOf({ approvers: ['role/approver'], evidence: ['relinquished'] });
    blind.down.add('reports');
    expect((await call(blind, fence, { ...input, waitedMs: 20_000 })).state).toBe('pending');
  });
  test('a lapse counts only measured time', async () => {
    const world = worldOf({ approvers: ['role/approver'], evidence: ['lapsed'], assumptions: { lapsed: 'Clocks run within five percent.' } });
    expect(await call(world, fence, { ...input, waitedMs: 14_000 })).toMatchObject({ state: 'pending' });
    expect(await call(world, fence, { ...input, waitedMs: 18_579 })).toMatchObject({ state: 'fenced', kind: 'lapsed' });
  });
  test('a lapse of a holder that asks needs the word of its candidate, read anew', async () => {
    const policy = {
      approvers: ['role/approver'],
      evidence: ['lapsed'],
      assumptions: { lapsed: 'Clocks run within five percent.' },
      onControlPlaneLoss: 'ask',
    };
    const world = worldOf(policy);
    world.reports.set(amber, reportOf({ asks: [birch] }));
    world.reports.set(birch, reportOf({ node: birch, floor: 2, promised: true }));
    const late = { ...input, waitedMs: 18_579 };
    expect(await call(world, fence, late)).toMatchObject({
      state: 'pending',
      sentence: `No proof yet. lapsed: the guard of ${birch} says that a promise to the recorded active may be live: it may sign until that is over`,
    });
    world.reports.set(birch, reportOf({ node: birch, floor: 2, promised: false }));
    const deps = world.deps();
    const readReport = deps.records.readReport.bind(deps.records);
    deps.records.readReport = async (validator, node, signal) => {
      if (node === birch) throw new Error('no answer');
      return readReport(validator, node, signal);
    };
    expect(await world.clock.run(fence(late, deps, never, remaining))).toMatchObject({ state: 'pending' });
    expect(await call(world, fence, late)).toMatchObject({ state: 'fenced', kind: 'lapsed' });
  });
  test('at the deadline it tells whether the recorded active is alive', async () => {
    const silent = worldOf();
    expect(await call(silent, fence, { ...input, waitedMs: 119_000 })).toMatchObject({ state: 'exhausted', attestable: false, holderAlive: false });
    const alive = worldOf({
      approvers: ['role/approver'],
      evidence: ['stopped', 'attested'],
      assumptions: { attested: 'Whoever attests has pulled the plug.' },
    });
    let sequence = 7;
    const deps = alive.deps();
    deps.records.readReport = async () => reportOf({ sequence: (sequence += 1) });
    expect(await alive.clock.run(fence({ ...input, waitedMs: 119_000 }, deps, never, remaining))).toMatchObject({
      state: 'exhausted',
      attestable: true,
      holderAlive: true,
    });
  });
  test('an attestation is taken from the record itself', async () => {
    const world = worldOf({
      approvers: ['role/approver'],
      evidence: ['attested'],
      assumptions: { attested: 'Whoever attests has pulled the plug.' },
    });
    const record = recordOf({
      purpose: 'attestation',
      state: 'approved',
      term: t(2),
      node: amber,
      decisions: [{ by: alex, answer: 'approve', statement: 'Plug pulled.', atMs: 1 }],
    });
    world.approvals.set(record.id, record);
    expect(await call(world, fence, { ...input, approvalId: record.id })).toMatchObject({ state: 'fenced', kind: 'attested' });
  });
  test('another execution’s term is stale', async () => {
    const world = worldOf();
    world.lease = fencing({ term: t(3), claim: run('two') });
    await expect(call(world, fence, input)).rejects.toMatchObject({ name: 'StaleTerm' });
  });
  test('what was proven before is told again after a lost reply', async () => {
    const world = worldOf();
    world.reports.set(amber, reportOf({ relinquished: { term: t(2), watermark: null } }));
    world.loseReply = true;
    await expect(call(world, fence, input)).rejects.toMatchObject({ name: 'LeaseUnreachable' });
    expect(await call(world, fence, input)).toMatchObject({ state: 'fenced', kind: 'relinquished' });
  });
});

describe('power that is not EC2’s', () => {
  const input = { ...driven, holder: amber, planHash: 'f'.repeat(64), pass: 1, waitedMs: 20_000, approvalId: null };
  const remote = (evidence: string[] = ['relinquished', 'powered-off']): World => {
    const world = new World();
    world.lease = fencing();
    world.config = configOf((one) => {
      one['policy'] = { approvers: ['role/approver'], evidence };
      const power = { kind: 'webhook', url: 'https://hooks.example/power', parameter: 'amber' };
      (one['nodes'] as Record<string, unknown>[])[0] = { ...(one['nodes'] as Record<string, unknown>[])[0], power };
    });
    return world;
  };
  const asked = { validator: v, node: amber, term: 2, nonce: 'n' };
  const off = { kind: 'webhook' as const, host: 'hooks.example', asked, answered: { ...asked, state: 'off' } };
  const withPower = (world: World, webhook: Partial<ReturnType<World['deps']>['remotePower']['webhook']>) => {
    const deps = world.deps();
    return { ...deps, remotePower: { ...deps.remotePower, webhook: { ...deps.remotePower.webhook, ...webhook } } };
  };
  test('is ordered, then asked for, and its word is proof', async () => {
    const world = remote();
    const heard: string[] = [];
    const deps = withPower(world, {
      off: async ({ node }) => heard.push(`off ${node}`) > 0,
      state: async ({ node }) => {
        heard.push(`state ${node}`);
        return off;
      },
    });
    expect(await world.clock.run(fence(input, deps, never, remaining))).toMatchObject({ state: 'fenced', kind: 'powered-off' });
    expect(heard).toEqual([`off ${amber}`, `state ${amber}`]);
    expect([world.powerOffs, world.lease?.evidence?.by]).toEqual([0, 'webhook hooks.example']);
  });
  test('is no proof when no order was taken, nor when the order throws', async () => {
    for (const order of [async () => false, () => Promise.reject(new Error('no'))]) {
      const world = remote();
      const deps = withPower(world, { off: order, state: async () => off });
      expect(await world.clock.run(fence(input, deps, never, remaining))).toMatchObject({ state: 'pending' });
      expect(world.lease?.phase).toBe('FENCING');
    }
  });
  test('a power that is slow to answer holds up no other proof, and is told to end', async () => {
    const world = remote();
    world.reports.set(amber, reportOf({ relinquished: { term: t(2), watermark: null } }));
    let ended = false;
    const deps = withPower(world, {
      off: async (_, signal) => {
        signal.addEventListener('abort', () => {
          ended = true;
        });
        await world.clock.sleep(durationMs(6_000), signal);
        return false;
      },
    });
    expect(await world.clock.run(fence(input, deps, never, remaining))).toMatchObject({ state: 'fenced', kind: 'relinquished' });
    expect(world.clock.steadyMs()).toBe(0);
    expect(ended).toBe(true);
  });
});
