import { describe, expect, test } from 'vitest';
import { blocksOf, edits, ended, execution, id, link, message, notice, nowMs, posted, shownIn, tell, waiting } from '../test/support/announced.ts';
import { alex, recordOf, run, sam } from '../test/support/core.ts';
import { never, type World } from '../test/support/deps.ts';
import { announce } from './announce.ts';

describe('what is published to the topic', () => {
  test.each(['trouble', 'ended', 'test'])('%s is posted under the message of its execution', async (kind) => {
    const world = waiting();
    const told = await tell(world, notice({ attributes: { kind, validator: 'hub-1', execution } }));
    expect(told).toEqual({ posted: 1, edited: 0, sentence: 'Baton: trouble: posted.' });
    expect([posted(world), world.slack.under]).toEqual([['Baton: trouble'], [message]]);
    expect(blocksOf(world)).toContain('hub-1 signs nothing.');
    expect(blocksOf(world)).toContain(link);
  });
  test('is posted under what waits for its validator when it names no execution', async () => {
    const world = waiting();
    await tell(world, notice({ attributes: { kind: 'trouble', validator: 'hub-1' } }));
    expect(world.slack.under).toEqual([message]);
  });
  test.each<[string, (world: World) => void, Record<string, string>]>([
    ['nothing waits', (world) => world.approvals.clear(), { kind: 'trouble', validator: 'hub-1' }],
    [
      'what waited has expired',
      (world) => world.approvals.set(id, recordOf({ execution, expiresAtMs: nowMs })),
      { kind: 'trouble', validator: 'hub-1' },
    ],
    ['another validator waits', () => undefined, { kind: 'trouble', validator: 'hub-2' }],
    ['no validator is told', () => undefined, { kind: 'test' }],
    ['the validator is none', () => undefined, { kind: 'test', validator: 'HUB <1>' }],
    ['the execution was never shown', (world) => world.slack.threads.clear(), { kind: 'ended', validator: 'hub-1', execution }],
  ])('is posted into the channel when %s', async (_, change, attributes) => {
    const world = waiting();
    change(world);
    expect((await tell(world, notice({ attributes }))).posted).toBe(1);
    expect(world.slack.under).toEqual([undefined]);
  });
  test('what waits is not posted a second time', async () => {
    const world = waiting();
    const told = await tell(world, notice({ attributes: { kind: 'waiting', validator: 'hub-1', execution } }));
    expect([told, posted(world), edits(world)]).toEqual([{ posted: 0, edited: 0, sentence: 'What waits is posted by RequestApproval.' }, [], []]);
  });
  test('an alarm of CloudWatch is posted in short', async () => {
    const world = waiting();
    const alarm = {
      AlarmName: 'baton-<GuardSilent>',
      AlarmDescription: 'baton status - A guard is silent.',
      NewStateValue: 'ALARM',
      NewStateReason: 'x',
    };
    await tell(world, notice({ subject: 'ALARM: "baton-GuardSilent" in US East', message: JSON.stringify(alarm) }));
    expect([posted(world), world.slack.under]).toEqual([['ALARM: baton-&lt;GuardSilent&gt;'], [undefined]]);
    expect(blocksOf(world)).toContain('baton status - A guard is silent.');
    await tell(world, notice({ id: 'm-2', message: JSON.stringify({ ...alarm, AlarmDescription: null, NewStateReason: 'Threshold crossed.' }) }));
    expect(blocksOf(world)).toContain('Threshold crossed.');
  });
  test.each([
    ['no subject', { subject: null }, 'Baton'],
    ['half an alarm', { message: '{"AlarmName":', subject: 'ALARM' }, 'ALARM'],
    ['no alarm', { message: '{"AlarmName":1}', subject: 'S' }, 'S'],
    ['nothing but spaces', { message: ' ', subject: 'S' }, 'S'],
    ['a kind of another version', { attributes: { kind: 'other' }, subject: 'S' }, 'S'],
    ['words like markup', { subject: '<!channel>', message: '<https://evil.example|click> &' }, '&lt;!channel&gt;'],
  ])('with %s it is posted as it came, as text', async (_, of, head) => {
    const world = waiting();
    expect((await tell(world, notice(of))).posted).toBe(1);
    expect(posted(world)).toEqual([head]);
    expect(blocksOf(world)).not.toMatch(/<(?!https:\/\/us-east-1\.console)/);
  });
  test('is posted once, however often it is delivered', async () => {
    const world = waiting();
    const event = notice({ attributes: { kind: 'ended', validator: 'hub-1', execution } });
    await tell(world, event);
    expect(await tell(world, event)).toEqual({ posted: 0, edited: 0, sentence: 'Baton: trouble: it was posted before.' });
    expect(posted(world).length).toBe(1);
    await tell(world, notice({ id: 'm-2', attributes: { kind: 'ended', validator: 'hub-1', execution } }));
    expect(posted(world).length).toBe(2);
  });
  test('that Slack does not take stops nothing, and is said when it is delivered again', async () => {
    const world = waiting();
    world.slack.up = false;
    const event = notice({ attributes: { kind: 'ended', validator: 'hub-1', execution } });
    expect(await tell(world, event)).toEqual({ posted: 0, edited: 0, sentence: 'Baton: trouble: Slack did not take it.' });
    world.slack.up = true;
    expect((await tell(world, event)).posted).toBe(1);
  });
  test('is tried again by Lambda when the table gives no answer, and nothing is said unclaimed', async () => {
    const world = waiting();
    world.down.add('threads');
    await expect(tell(world, notice({ attributes: { kind: 'test' } }))).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    expect(world.slack.posted).toEqual([]);
  });
});

describe('an answer at the command line', () => {
  const answered = notice({ attributes: { kind: 'answered', validator: 'hub-1', execution } });
  test('edits the message into what it is now, once it is over for the last time', async () => {
    const world = waiting({ state: 'approved', decisions: [{ by: alex, answer: 'approve', atMs: nowMs }] });
    expect(await tell(world, answered)).toEqual({ posted: 0, edited: 1, sentence: 'Answered: 1 messages show it.' });
    expect([edits(world), posted(world)]).toEqual([[[message, 'Approved: hub-1']], []]);
    expect(JSON.stringify(world.slack.updated)).toContain('Approved by alex, ');
    expect(world.slack.threads.get(execution)).toEqual(shownIn(id, true));
    expect((await tell(world, answered)).edited).toBe(0);
  });
  test('of two needed leaves the buttons', async () => {
    const world = waiting({ quorum: 2, decisions: [{ by: sam, answer: 'approve', atMs: nowMs }] });
    await tell(world, answered);
    expect([edits(world), world.slack.threads.get(execution)]).toEqual([[[message, 'Approve or deny: hub-1']], shownIn()]);
    expect(JSON.stringify(world.slack.updated)).toContain('1 of 2 have approved');
  });
  test('whose edit is lost is shown later', async () => {
    const world = waiting({ state: 'denied' });
    world.slack.up = false;
    expect((await tell(world, answered)).edited).toBe(0);
    expect(world.slack.threads.get(execution)).toEqual(shownIn());
    world.slack.up = true;
    world.executions = [execution];
    expect((await tell(world, { refresh: true })).edited).toBe(1);
  });
  test('about nothing that is shown changes nothing', async () => {
    const world = waiting();
    world.approvals.clear();
    expect((await tell(world, answered)).edited).toBe(0);
    expect((await tell(world, notice({ attributes: { kind: 'answered' } }))).edited).toBe(0);
    expect(world.slack.updated).toEqual([]);
  });
});

describe('each minute', () => {
  test('the time that is left is shown, for what runs and for nothing else', async () => {
    const world = waiting();
    world.executions = [execution, run('hub-2.t7.e')];
    expect(await tell(world, { refresh: true })).toEqual({
      posted: 0,
      edited: 1,
      sentence: '2 of 2 executions that run were looked at; 1 messages are edited.',
    });
    expect(JSON.stringify(world.slack.updated)).toContain('in about 15 min');
    world.executions = [];
    expect((await tell(world, { refresh: true })).edited).toBe(0);
  });
  test('what has expired is shown as over, once', async () => {
    const world = waiting({ expiresAtMs: nowMs });
    world.executions = [execution];
    expect((await tell(world, { refresh: true })).edited).toBe(1);
    expect(edits(world)).toEqual([[message, 'Expired: hub-1']]);
    expect((await tell(world, { refresh: true })).edited).toBe(0);
  });
  test('ends in time', async () => {
    const world = waiting();
    world.executions = [execution];
    const told = await announce({ refresh: true }, world.deps(), never, () => 12_999);
    expect([told.sentence, world.slack.updated]).toEqual(['0 of 1 executions that run were looked at; 0 messages are edited.', []]);
  });
  test('fails where nobody can say what runs', async () => {
    const world = waiting();
    world.down.add('workflow');
    await expect(tell(world, { refresh: true })).rejects.toMatchObject({ code: 'LeaseUnreachable' });
  });
});

test.each([
  ['nothing', {}],
  ['another schedule', { refresh: 1 }],
  ['no record', { Records: [] }],
  ['an event of another service', { ...ended(), source: 'aws.ec2' }],
  ['an end that is none', ended({ status: 'RUNNING' })],
  ['a name that is none', ended({ name: 'x y' })],
])('%s is refused', async (_, event) => {
  const world = waiting();
  await expect(tell(world, event)).rejects.toMatchObject({ code: 'InputInvalid' });
  expect([world.slack.posted, world.slack.updated]).toEqual([[], []]);
});
