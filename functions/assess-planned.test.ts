import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, configOf, fencing, leaseOf, reportOf, robin, run, t } from '../test/support/core.ts';
import { never, World as Plain } from '../test/support/deps.ts';
import { assess } from './assess.ts';
import { assess as contract, executionInput } from './contract.ts';
import type { PlannedMove } from '../core/planned.ts';
import type { Deps } from './shared/deps.ts';

/** A planned move when its time has come: whatever happened meanwhile, it is judged as things are then. */

class World extends Plain {
  planned: PlannedMove | undefined;
  override deps(): Deps {
    const deps = super.deps();
    return { ...deps, records: Object.assign(deps.records, { readPlanned: async () => this.planned }) };
  }
}

const openMs = 1_700_000_000_000;
const iso = (ms: number): string => `${new Date(openMs + ms).toISOString().slice(0, 19)}Z`;
const asked = contract.input.parse({
  validator: 'hub-1',
  kind: 'switchover',
  to: birch,
  cause: { kind: 'operator', by: robin, reason: 'Upgrade.' },
  notBefore: iso(-60_000),
  notAfter: iso(600_000),
  execution: 'planned-one',
});
const move = {
  execution: run('planned-one'),
  to: birch,
  notBeforeMs: openMs - 60_000,
  notAfterMs: openMs + 600_000,
  by: robin,
  reason: 'Upgrade.',
};
const three = configOf((one) => {
  one['nodes'] = [...(one['nodes'] as unknown[]), { name: 'cedar', id: cedar, principal: 'arn:aws:iam::123456789012:role/cedar' }];
});
const world = (change: (of: World) => void = () => undefined): World => {
  const of = new World();
  of.planned = move;
  of.config = three;
  change(of);
  return of;
};
const judged = async (of: World, input = asked) => contract.output.parse(await of.clock.run(assess(input, of.deps(), never, () => 100_000)));

describe('a planned move whose time has come', () => {
  test('is planned afresh, and asks people no longer than its window', async () => {
    expect(await judged(world())).toMatchObject({
      decision: 'proceed',
      plan: { term: 1, holder: amber, candidate: birch, execution: 'planned-one', kind: 'switchover' },
      approvalSeconds: expect.toSatisfy((seconds: number) => seconds > 580 && seconds <= 600) as number,
    });
  });
  test('after a failover to a third node moves from that node, in the new term', async () => {
    const moved = world((of) => {
      of.lease = leaseOf({ term: t(4), holder: cedar, releasedTerm: t(4) });
      of.reports.set(cedar, reportOf({ node: cedar }));
      of.history = [{ execution: 'watch', atMs: openMs - 1_000 }];
    });
    expect(await judged(moved)).toMatchObject({ decision: 'proceed', plan: { term: 4, holder: cedar, candidate: birch } });
  });
  test.each<[string, (of: World) => void, string]>([
    ['after a failover to the very node that it was to', (of) => (of.lease = leaseOf({ term: t(2), holder: birch })), 'CandidateIsHolder'],
    [
      'while a failover is under way',
      (of) => {
        of.lease = fencing();
        of.running = true;
      },
      'ClaimRunning',
    ],
    ['whose node is no longer ready', (of) => of.silent.add(birch), 'CandidateNotReady'],
    [
      'whose node was taken out of the file',
      (of) => (of.config = configOf((one) => void (one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1)))),
      'NoCandidate',
    ],
    ['of a paused validator', (of) => (of.paused = { by: robin, reason: 'Holidays.', atMs: 1 }), 'Paused'],
    ['that was cancelled', (of) => (of.planned = { ...move, cancelledBy: robin }), 'Cancelled'],
    ['that another one replaced', (of) => (of.planned = { ...move, execution: run('planned-two') }), 'Cancelled'],
    ['of which there is no record', (of) => (of.planned = undefined), 'Cancelled'],
    ['in a stack that moves nothing', (of) => (of.settings = { dryRun: true, approvalRequired: true }), 'DryRun'],
  ])('%s is refused', async (_, change, code) => {
    expect(await judged(world(change))).toMatchObject({ decision: 'refused', code });
  });
  test('and is over is refused, by a redrive for example', async () => {
    const late = contract.input.parse({ ...asked, notAfter: iso(-1_000) });
    expect(await judged(world(), late)).toMatchObject({ decision: 'refused', code: 'WindowOver' });
  });
  test('is told with every gate', async () => {
    const { gates } = await judged(world());
    expect(gates.find(({ gate }) => gate === 'window')).toMatchObject({ verdict: 'open', required: 'before 2023-11-14 22:23:20 UTC' });
  });
});

test('what begins at once needs no record', async () => {
  const { notBefore: _, notAfter: __, ...now } = asked;
  expect(
    await judged(
      world((of) => (of.planned = undefined)),
      now,
    ),
  ).toMatchObject({ decision: 'proceed' });
});

describe('the input of a planned move', () => {
  const { execution, ...input } = asked;
  test.each<[string, Record<string, unknown>]>([
    ['a failover', { kind: 'failover' }],
    ['a move to nobody in particular', { to: undefined }],
    ['one without an end', { notAfter: undefined }],
    ['one without a beginning', { notBefore: undefined }],
    ['one that ends before it begins', { notAfter: asked.notBefore }],
    ['one at a moment that is none', { notBefore: '2023-11-31T25:13:20Z' }],
    ['one in another time zone', { notBefore: '2023-11-14T22:12:20+01:00' }],
  ])('is not %s', (_, of) => {
    expect(executionInput.safeParse({ ...input, ...of }).success).toBe(false);
    expect(contract.input.safeParse({ ...asked, ...of }).success).toBe(false);
    expect(executionInput.safeParse(input).success).toBe(true);
    expect(contract.input.parse({ ...input, execution })).toEqual(asked);
  });
});
