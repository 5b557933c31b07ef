import { describe, expect, test } from 'vitest';
import { configOf, fencing, leaseOf, run, t } from '../test/support/core.ts';
import { makersOf, never, World } from '../test/support/deps.ts';
import { startOnAlarm as contract } from './contract.ts';
import { handlerOf } from './shared/handler.ts';
import { startOnAlarm } from './start-on-alarm.ts';

const reason = 'Threshold Crossed: 3 datapoints were greater than the threshold (0.0).';
const alarmed = (of: { id?: string; name?: string; value?: string; reason?: string } = {}) =>
  contract.input.parse({
    version: '0',
    id: of.id ?? 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '123456789012',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:cloudwatch:us-east-1:123456789012:alarm:x'],
    detail: {
      alarmName: of.name ?? 'baton-failover-hub-1',
      configuration: { metrics: [] },
      state: { value: of.value ?? 'ALARM', timestamp: '2026-01-01T00:00:00.000+0000', ...(of.reason === '' ? {} : { reason: of.reason ?? reason }) },
      previousState: { value: 'OK' },
    },
  });
const start = (world: World, event = alarmed()) => startOnAlarm(event, world.deps(), never, () => 10_000);

test('an alarm starts an execution with its name and reason as the cause', async () => {
  const world = new World();
  const result = await start(world);
  expect(result).toEqual({ execution: result.execution, sentence: `Started ${result.execution} because baton-failover-hub-1 rings.` });
  expect(result.execution).toMatch(/^hub-1\.t1\.alarm-[a-f0-9]{12}$/);
  expect(world.started).toEqual([result.execution]);
  expect(world.inputs).toEqual([{ validator: 'hub-1', kind: 'failover', cause: { kind: 'alarm', by: 'baton-failover-hub-1', reason } }]);
});

describe('one event', () => {
  test('delivered twice starts one execution', async () => {
    const world = new World();
    const first = await start(world);
    expect(await start(world)).toEqual({ execution: first.execution, sentence: `This event has started ${first.execution} before.` });
    expect(world.started).toEqual([first.execution]);
  });
  test.each([
    ['in motion', fencing()],
    ['settled', leaseOf({ term: t(2) })],
  ])('delivered again when its own term is %s starts nothing more', async (_, lease) => {
    const world = new World();
    const first = await start(world);
    world.lease = { ...lease, claim: run(first.execution ?? '') };
    expect(await start(world)).toEqual({ execution: first.execution, sentence: `This event has started ${first.execution} before.` });
    expect(world.started).toEqual([first.execution]);
  });
  test('is not another: the next one starts its own', async () => {
    const world = new World();
    await start(world);
    await start(world, alarmed({ id: 'another' }));
    expect(new Set(world.started).size).toBe(2);
  });
});

test.each(['OK', 'INSUFFICIENT_DATA'])('the state %s starts nothing, of whatever alarm', async (value) => {
  const world = new World();
  expect(await start(world, alarmed({ value, name: 'x' }))).toEqual({ execution: null, sentence: `The alarm x is ${value}: nothing to do.` });
  expect(world.inputs).toEqual([]);
});

test.each([
  ['none', '', 'The alarm gave no reason.'],
  ['one that is longer than a cause may be', 'x'.repeat(1_023), 'x'.repeat(1_000)],
  ['one that is cut within a character', `${'x'.repeat(999)}😀`, `${'x'.repeat(999)}\u{fffd}`],
])('a reason that is %s is put into bounds', async (_, given, told) => {
  const world = new World();
  await start(world, alarmed({ reason: given }));
  expect(world.inputs).toMatchObject([{ cause: { reason: told } }]);
});

describe('nothing is started', () => {
  test.each(['baton-failover-', 'baton-failover-Hub', 'other-failover-hub-1', 'hub-1', `baton-failover-${'x'.repeat(41)}`])(
    'by the alarm %s, which names no validator',
    async (name) => {
      const world = new World();
      await expect(start(world, alarmed({ name }))).rejects.toMatchObject({
        code: 'ValidatorUnknown',
        message: `the alarm ${name} names no validator`,
        field: 'detail.alarmName',
        fix: 'Name the alarm baton-failover- and then the validator, as baton status shows it.',
      });
      expect(world.inputs).toEqual([]);
    },
  );
  test('for a validator that is not configured, or not enrolled', async () => {
    const world = new World();
    world.lease = undefined;
    await expect(start(world)).rejects.toMatchObject({ code: 'LeaseMissing', fix: 'baton apply validators.yaml' });
    const deps = world.deps();
    deps.records.readConfig = async () => undefined;
    await expect(startOnAlarm(alarmed(), deps, never, () => 1)).rejects.toMatchObject({ code: 'ValidatorUnknown' });
    expect(world.inputs).toEqual([]);
  });
  test.each(['config', 'lease', 'workflow'])('without an answer (%s), which is an error: the event comes again', async (service) => {
    const world = new World();
    world.down.add(service);
    await expect(start(world)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    expect(world.started).toEqual([]);
  });
});

test('the policy is not judged here', async () => {
  const world = new World();
  world.config = configOf((one) => {
    one['policy'] = { mode: 'watch' };
  });
  world.paused = { by: 'x', reason: 'y', atMs: 1 };
  await start(world);
  expect(world.started.length).toBe(1);
});

describe('an event', () => {
  const handler = handlerOf({ name: 'StartOnAlarm', ...contract }, startOnAlarm, makersOf(new World().deps()));
  const invoke = (event: unknown) => handler(event, { getRemainingTimeInMillis: () => 10_000 }, undefined as never);
  test('as EventBridge sends it is taken', async () => {
    expect(await invoke(alarmed())).toMatchObject({ sentence: expect.stringMatching(/^Started hub-1/) as string });
  });
  test.each<[string, Record<string, unknown>]>([
    ['of another source', { source: 'my.own' }],
    ['of another kind', { 'detail-type': 'CloudWatch Alarm Configuration Change' }],
    ['without an id', { id: '' }],
    ['with an id without end', { id: 'x'.repeat(101) }],
    ['without a detail', { detail: {} }],
    ['of a state that does not exist', { detail: { ...alarmed().detail, state: { value: 'RINGING' } } }],
    ['of an alarm without a name', { detail: { ...alarmed().detail, alarmName: '' } }],
    ['of an alarm whose name has no end', { detail: { ...alarmed().detail, alarmName: 'x'.repeat(256) } }],
  ])('%s is refused', async (_, of) => {
    await expect(invoke({ ...alarmed(), ...of })).rejects.toMatchObject({ code: 'InputInvalid' });
  });
});
