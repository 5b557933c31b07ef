import { expect, test } from 'vitest';
import { amber, birch, cedar, configOf, reportOf, run, v } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';
import { assess } from './assess.ts';
import { startOnAlarm } from './start-on-alarm.ts';
import { figureOf, look } from '../test/support/survey.ts';
import { watch } from './watch.ts';

/** What the functions make of a validator of custody gate, which has no lease. */

const gated = (): World => {
  const world = new World();
  world.config = configOf((one) => {
    one['custody'] = 'gate';
    const nodes = one['nodes'] as unknown[];
    nodes.push({ name: 'cedar', id: cedar, principal: `arn:aws:sts::123456789012:assumed-role/node/${cedar}` });
  });
  world.lease = undefined;
  world.silent = new Set();
  world.reports = new Map([amber, birch, cedar].map((node) => [node, reportOf({ node, signing: true })]));
  return world;
};

test('Assess refuses by name: there is nothing to move', async () => {
  const world = gated();
  const asked = assess(
    { validator: v, execution: run('hub-1.x'), kind: 'failover', cause: { kind: 'operator', by: 'robin', reason: 'amber burns' } },
    world.deps(),
    never,
    () => 60_000,
  );
  expect(await world.clock.run(asked)).toEqual({
    decision: 'refused',
    code: 'NothingToMove',
    sentence: 'hub-1 has custody gate: every member signs, so there is nothing to move.',
    next: 'baton gate show hub-1',
    gates: [{ gate: 'custody', node: null, seen: 'gate', required: 'release', verdict: 'closed' }],
  });
});

test('an alarm starts nothing, and is no error', async () => {
  const world = gated();
  const event = {
    id: 'a',
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    detail: { alarmName: 'baton-failover-hub-1', state: { value: 'ALARM' } },
  } as unknown as Parameters<typeof startOnAlarm>[0];
  expect(await startOnAlarm(event, world.deps(), never, () => 10_000)).toEqual({
    execution: null,
    sentence: 'hub-1 has custody gate: every member signs, so there is nothing to move.',
  });
  expect(world.started).toEqual([]);
});

test('when no signature lands the watch starts nothing, and tells people once where to look', async () => {
  const world = gated();
  world.observe = () => 'failing';
  const startMs = world.clock.steadyMs();
  const deps = world.deps();
  const messages: string[] = [];
  const send = deps.notify.send.bind(deps.notify);
  deps.notify.send = async (notice, signal) => {
    messages.push(notice.message);
    return send(notice, signal);
  };
  const result = await world.clock.run(watch({}, deps, never, () => 60_000 - (world.clock.steadyMs() - startMs)));
  expect(result.started).toEqual([]);
  expect(world.started).toEqual([]);
  expect(world.notices).toEqual(['Baton: hub-1 is failing']);
  expect(messages).toEqual([expect.stringMatching(/Next: baton gate show hub-1$/)]);
});

test('a survey measures it without a lease: three that sign at once are as it must be', async () => {
  const world = gated();
  await look(world);
  for (const name of ['TwoSigners', 'NeedsPerson', 'GuardsSilent', 'StandbysNotReady', 'GuardsUnarmed']) expect(figureOf(world, name)).toBe(0);
  expect(world.measured.figures).not.toContain('LeaseTerm/hub-1 1');
});
test('a survey tells which member is down', async () => {
  const world = gated();
  world.silent.add(cedar);
  world.reports.set(birch, reportOf({ node: birch, signing: true, distress: 'ArbiterSilent: no answer' }));
  await look(world);
  expect(figureOf(world, 'GuardsSilent')).toBe(1);
  expect(figureOf(world, 'NeedsPerson')).toBe(1);
  expect(figureOf(world, 'StandbysNotReady')).toBe(0);
});
