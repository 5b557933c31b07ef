import { describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../aws/workflow.ts';
import type { ApprovalRecord } from '../core/approval.ts';
import { blocksOf, edits, ended, execution, id, link, message, nowMs, posted, shownIn, tell, waiting } from '../test/support/announced.ts';
import type { World } from '../test/support/deps.ts';

describe('a failover that ended', () => {
  const exit = (state: string, atMs: number, output: unknown): WorkflowEvent => ({
    id: atMs,
    type: 'TaskStateExited',
    state,
    atMs,
    output: JSON.stringify(output),
  });
  const story = [
    { id: 1, type: 'ExecutionStarted', atMs: nowMs },
    exit('Fence', nowMs + 3_000, { state: 'fenced', kind: 'powered-off' }),
    exit('Verify', nowMs + 41_250, { state: 'signing' }),
  ];
  const done = (of: Partial<ApprovalRecord> = {}): World => {
    const world = waiting({ state: 'approved', ...of });
    world.described = { status: 'SUCCEEDED', sentence: 'i-0b signs for hub-1 in term 2.' };
    world.events = story;
    return world;
  };
  test('is summed up under its message: who signs, what proved it, how long it took, what to type', async () => {
    const world = done();
    expect(await tell(world, ended())).toEqual({ posted: 1, edited: 1, sentence: 'hub-1.t1.e ended SUCCEEDED: how it ended is posted.' });
    expect([posted(world), world.slack.under, edits(world)]).toEqual([['hub-1: failed over'], [message], [[message, 'Approved: hub-1']]]);
    const shown = blocksOf(world);
    for (const line of [
      '*Who signs now* i-0b signs for hub-1 in term 2.',
      '*What proved the fence* powered-off',
      '*From start to signature* 41.3 s',
      '*Next* baton status hub-1',
      link,
    ])
      expect(shown).toContain(line);
  });
  test('is posted once, and again only when it ended again', async () => {
    const world = done();
    await tell(world, ended());
    expect((await tell(world, ended())).sentence).toBe('hub-1.t1.e ended SUCCEEDED: how it ended was posted before.');
    expect(posted(world).length).toBe(1);
    await tell(world, ended({ stopDate: nowMs + 90_000 }));
    expect(posted(world).length).toBe(2);
  });
  test('without anybody’s approval is posted into the channel', async () => {
    const world = done();
    world.slack.threads.clear();
    await tell(world, ended());
    expect([posted(world), world.slack.under, edits(world)]).toEqual([['hub-1: failed over'], [undefined], []]);
  });
  test('badly says in its own words what happened, who may sign and what is next', async () => {
    const world = waiting({ state: 'approved' });
    const cause = 'No <proof>. Who may sign now: nobody new; i-0a must stop. Next: Stop i-0a, then: baton failover hub-1 (execution hub-1.t1.e)';
    world.described = { status: 'FAILED', error: 'Unfenceable', cause };
    await tell(world, ended({ status: 'FAILED' }));
    expect(posted(world)).toEqual(['hub-1: FAILED Unfenceable']);
    const shown = blocksOf(world);
    for (const line of [
      '"No &lt;proof&gt;."',
      '*Who signs now* nobody new; i-0a must stop',
      '*What proved the fence* nothing',
      '*Next* Stop i-0a, then: baton failover hub-1',
    ])
      expect(shown).toContain(line);
    expect(shown).not.toContain('From start');
  });
  test.each(['TIMED_OUT', 'ABORTED'])('%s withdraws what still waits', async (status) => {
    const world = waiting();
    world.described = { status };
    await tell(world, ended({ status }));
    expect([edits(world), posted(world)]).toEqual([[[message, 'Withdrawn: hub-1']], [`hub-1: ${status}`]]);
    expect(blocksOf(world)).toContain('*Who signs now* ask: baton status hub-1');
    expect(world.slack.threads.get(execution)?.messages).toEqual(shownIn(id, true).messages);
  });
  test('FAILED and never shown is posted by its notice alone', async () => {
    const world = waiting();
    world.slack.threads.clear();
    expect((await tell(world, ended({ status: 'FAILED' }))).posted).toBe(0);
    expect(world.slack.posted).toEqual([]);
  });
  test('expired shows so', async () => {
    const world = waiting({ expiresAtMs: nowMs - 1 });
    world.described = { status: 'FAILED', error: 'Expired', cause: 'Nobody approved the plan in time.' };
    await tell(world, ended({ status: 'FAILED' }));
    expect([edits(world), blocksOf(world).includes('Nobody approved the plan in time.')]).toEqual([[[message, 'Expired: hub-1']], true]);
  });
  test.each([
    ['no input', null],
    ['half an input', '{'],
    ['another input', '{"validator":"<hub>"}'],
  ])('with %s is named by its name', async (_, input) => {
    const world = done();
    await tell(world, ended({ input }));
    expect(posted(world)).toEqual(['hub-1: failed over']);
  });
  test('that Slack does not take is said when the event comes again', async () => {
    const world = done();
    world.slack.up = false;
    expect((await tell(world, ended())).sentence).toBe('hub-1.t1.e ended SUCCEEDED: Slack did not take how it ended.');
    world.slack.up = true;
    expect(await tell(world, ended())).toMatchObject({ posted: 1, edited: 1 });
  });
});
