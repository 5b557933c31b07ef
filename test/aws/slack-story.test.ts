import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApprovalRecord } from '../../core/approval.ts';
import { hashOf, type Plan } from '../../core/plan.ts';
import { announce } from '../../functions/announce.ts';
import { announce as announceContract } from '../../functions/contract.ts';
import { requestApproval } from '../../functions/request-approval.ts';
import { systemClock } from '../../runtime/clock.ts';
import { amber, birch, robin, run, t, v } from '../support/core.ts';
import { never } from '../support/deps.ts';
import { channel, formOf, payloadOf, submissionOf, team, type View } from '../support/slack.ts';
import { SlackGateway } from '../support/slack-gateway.ts';

/** A whole story in Slack: asked, answered by press, dialog or command line, edited, summed up; also when Slack is down, slow or too busy. */

const execution = run('hub-1.t1.e');
const plan: Plan = {
  validator: v,
  kind: 'failover',
  execution,
  cause: { kind: 'operator', by: robin, reason: 'Its disk died.' },
  term: t(1),
  phase: 'HELD',
  holder: amber,
  candidate: birch,
  accepts: ['stopped', 'attested'],
  approval: { required: true, quorum: 2, approvers: ['slack/T0BATON/U0ALEX/alex', 'slack/T0BATON/U0SAM/sam'] },
  config: 'c'.repeat(64),
};

let gateway: SlackGateway;
beforeEach(async () => {
  gateway = new SlackGateway();
  gateway.world.config = { ...gateway.world.config, policy: { ...gateway.world.config.policy, approvers: plan.approval.approvers } };
  await gateway.start([]);
});
afterEach(() => gateway.close());

const ask = async (purpose: 'approval' | 'attestation' = 'approval'): Promise<string> => {
  const asked = { plan, planHash: hashOf(plan), seconds: 900, token: `task-token-${purpose}` };
  const input = purpose === 'approval' ? ({ purpose, ...asked } as const) : ({ purpose, ...asked, term: t(2), node: amber } as const);
  return (await requestApproval(input, gateway.deps(), never, () => 10_000)).approvalId;
};
const tell = (event: unknown) => announce(announceContract.input.parse(event), gateway.deps(), never, () => 45_000);
const ended = (status: string) =>
  tell({
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    detail: { name: execution, status, stopDate: 1, input: JSON.stringify({ validator: v }) },
  });
const notice = (kind: string, id: string) =>
  tell({
    Records: [
      { Sns: { MessageId: id, Subject: `S ${id}`, Message: 'M', MessageAttributes: { kind: { Value: kind }, execution: { Value: execution } } } },
    ],
  });

interface Button {
  readonly action_id: string;
  readonly value: string;
}
const standIn = () => gateway.standIn;
const tsOf = (index: number): string => [...standIn().messages.keys()][index] ?? '';
const shown = (index = 0): string => JSON.stringify([...standIn().messages.values()][index]);
const buttons = (index = 0): readonly Button[] =>
  ([...standIn().messages.values()][index] as { type: string; elements?: Button[] }[]).flatMap(({ type, elements = [] }) =>
    type === 'actions' ? elements : [],
  );
const press = async (user: string, button: Button | undefined, of: { index?: number; headers?: Record<string, string> } = {}) =>
  gateway.send({
    body: formOf(
      payloadOf({
        user: { id: user, team_id: team },
        container: { type: 'message', message_ts: tsOf(of.index ?? 0), channel_id: channel },
        trigger_id: `${standIn().calls.length + 1}.2.abc`,
        actions: [{ type: 'button', ...button }],
      }),
    ),
    ...(of.headers ? { headers: of.headers } : {}),
  });
const nth = (action: string, index = 0): Button | undefined => buttons(index).find((one) => one.action_id === action);
const record = async (id: string): Promise<ApprovalRecord | undefined> => gateway.approvals.read(id);
const done = { status: 200, body: '' };

/** What a person does with the dialog that is open: fills its fields by their names, and sends it back as Slack does. */
const submit = async (user: string, words: string, name: string) => {
  const opened = standIn().views.at(-1) as View;
  const typed: Readonly<Record<string, string>> = { 'What did you do?': words, 'Type the name of the validator': name };
  const values: Readonly<Record<string, unknown>> = Object.fromEntries(
    opened.blocks.flatMap((block): [string, unknown][] =>
      block.type === 'input'
        ? [[block.block_id ?? '', { [block.element.action_id]: { type: 'plain_text_input', value: typed[block.label.text] ?? null } }]]
        : [],
    ),
  );
  const view = { callback_id: opened.callback_id, private_metadata: opened.private_metadata, state: { values } };
  const { body } = await gateway.send({ body: formOf(submissionOf({ view, more: { user: { id: user, team_id: team } } })) });
  return JSON.parse(body) as Record<string, unknown>;
};

describe('an attestation', () => {
  test('is given in the dialog that the button opens, in two tries', async () => {
    const id = await ask('attestation');
    expect(buttons().map((one) => one.action_id)).toEqual(['baton_attest', 'baton_deny']);
    expect(await press('U0ALEX', nth('baton_attest'))).toEqual(done);
    expect(await submit('U0ALEX', 'I pulled the plug of rack 7.', 'hub-2')).toMatchObject({ response_action: 'errors' });
    expect((await record(id))?.decisions).toEqual([]);
    expect(await submit('U0ALEX', 'I pulled the plug of rack 7.', 'hub-1')).toEqual({ response_action: 'clear' });
    expect((await record(id))?.decisions.map(({ by, statement }) => [by, statement])).toEqual([
      ['slack/T0BATON/U0ALEX/alex', 'I pulled the plug of rack 7.'],
    ]);
    expect(gateway.world.handed.map(({ token }) => token)).toEqual(['task-token-attestation']);
    expect([buttons(), shown().includes('Attested by alex')]).toEqual([[], true]);
    expect(await submit('U0SAM', 'I looked at the dark rack.', 'hub-1')).toMatchObject({ response_action: 'update' });
  });
});

describe('an execution has one thread', () => {
  test('its messages are edited each minute, when somebody answers, and when it ends; what happens hangs under the first', async () => {
    const first = await ask();
    gateway.world.executions = [execution];
    expect(shown()).toContain('in about 15 min');
    expect(await tell({ refresh: true })).toMatchObject({ edited: 1 });
    // At the command line: no press has told Slack.
    for (const by of ['slack/T0BATON/U0ALEX/alex', 'slack/T0BATON/U0SAM/sam'])
      await gateway.approvals.decide(first, { by, answer: 'approve', atMs: systemClock.epochMs() });
    expect(await notice('answered', 'm-1')).toMatchObject({ edited: 1, posted: 0 });
    expect([buttons(), shown().includes('Approved by sam')]).toEqual([[], true]);
    await ask('attestation');
    expect(await notice('ended', 'm-2')).toMatchObject({ posted: 1 });
    expect(await notice('ended', 'm-2')).toMatchObject({ posted: 0 });
    gateway.world.described = { status: 'FAILED', error: 'AttestationExpired', cause: 'Nobody attested.' };
    expect(await ended('FAILED')).toMatchObject({ posted: 1, edited: 1 });
    expect(await ended('FAILED')).toMatchObject({ posted: 0, edited: 0 });
    expect([...standIn().threads]).toEqual([
      [tsOf(2), tsOf(0)],
      [tsOf(3), tsOf(0)],
    ]);
    expect([shown(1).includes('Withdrawn: hub-1'), shown(3).includes('Nobody attested.'), standIn().messages.size]).toEqual([true, true, 4]);
  });
  test('a press in a message that no note knows counts and edits it; the next minute knows it', async () => {
    const id = await ask();
    const [button] = buttons();
    gateway.forgetThreads = true;
    expect(await press('U0ALEX', button)).toEqual(done);
    expect(shown()).toContain('1 of 2 have approved');
    gateway.forgetThreads = false;
    expect(await press('U0SAM', buttons()[0])).toEqual(done);
    expect([(await record(id))?.state, buttons()]).toEqual(['approved', []]);
  });
});

describe('when Slack', () => {
  test('is down, a press counts, the next minute shows it', async () => {
    const id = await ask();
    const [button] = buttons();
    standIn().script = Array.from({ length: 3 }, () => ({ status: 503 }));
    expect(await press('U0ALEX', button)).toEqual(done);
    expect([(await record(id))?.decisions.length, shown().includes('1 of 2')]).toEqual([1, false]);
    standIn().script = [];
    gateway.world.executions = [execution];
    await tell({ refresh: true });
    expect(shown()).toContain('1 of 2 have approved');
  });
  test('is slow, a press is answered within three seconds and counts', async () => {
    const id = await ask();
    const [button] = buttons();
    standIn().silent = true;
    const startMs = systemClock.steadyMs();
    expect(await press('U0ALEX', button)).toEqual(done);
    expect(systemClock.steadyMs() - startMs).toBeLessThan(3_000);
    expect((await record(id))?.decisions.length).toBe(1);
    standIn().silent = false;
  });
  test('asks for patience, it gets it, as far as there is time', async () => {
    const id = await ask();
    const [button] = buttons();
    standIn().script = [{ status: 429, headers: { 'retry-after': '1' } }];
    expect(await press('U0ALEX', button)).toEqual(done);
    expect([(await record(id))?.decisions.length, shown().includes('1 of 2 have approved')]).toEqual([1, true]);
    standIn().script = [{ status: 429, headers: { 'retry-after': '600' } }];
    expect(await press('U0SAM', button)).toEqual(done);
    expect([(await record(id))?.state, buttons().length]).toEqual(['approved', 2]);
  });
  test('sends the same press again, it counts once', async () => {
    const id = await ask();
    const [button] = buttons();
    await press('U0ALEX', button);
    const headers = { 'x-slack-retry-num': '2', 'x-slack-retry-reason': 'http_timeout' };
    expect(await press('U0ALEX', button, { headers })).toEqual(done);
    expect([(await record(id))?.decisions.length, standIn().replies]).toEqual([1, []]);
  });
  test('is down when it ends, it is said when the event comes again', async () => {
    await ask();
    standIn().script = Array.from({ length: 6 }, () => ({ status: 500 }));
    expect(await ended('ABORTED')).toMatchObject({ posted: 0, edited: 0 });
    standIn().script = [];
    expect(await ended('ABORTED')).toMatchObject({ posted: 1, edited: 1 });
    expect(shown()).toContain('Withdrawn: hub-1');
  });
});

test('two who answer in the same moment leave the message as it is in the end', async () => {
  const id = await ask();
  const [button] = buttons();
  const told = await Promise.all([press('U0ALEX', button), press('U0SAM', button)]);
  expect([told, (await record(id))?.state]).toEqual([[done, done], 'approved']);
  expect([buttons(), shown().includes('Approved by alex'), shown().includes('Approved by sam')]).toEqual([[], true, true]);
  expect(gateway.world.handed.length).toBe(1);
});
