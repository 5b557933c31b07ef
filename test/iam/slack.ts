import { Approvals } from '../../aws/approvals.ts';
import { Notify } from '../../aws/notify.ts';
import { Records } from '../../aws/records.ts';
import { SlackParameter } from '../../aws/slack-settings.ts';
import { Slack } from '../../aws/slack.ts';
import { SlackThreads } from '../../aws/slack-threads.ts';
import { Tasks } from '../../aws/tasks.ts';
import { Workflow } from '../../aws/workflow.ts';
import { hashOf, type Plan } from '../../core/plan.ts';
import { announce } from '../../functions/announce.ts';
import { announce as contract } from '../../functions/contract.ts';
import { requestApproval } from '../../functions/request-approval.ts';
import { read, slack } from '../../functions/slack.ts';
import { randomHex, systemClock } from '../../runtime/clock.ts';
import { clientsFor, observed, type OnCall, type Services } from '../sim/clients.ts';
import { validator } from '../sim/enrolment.ts';
import { tableName } from '../sim/guard-run.ts';
import { stateMachine, topic } from '../sim/lambda.ts';
import { scenarioNamed } from '../sim/scenarios.ts';
import { World } from '../sim/world.ts';
import { amber, birch, robin, run, t } from '../support/core.ts';
import { unmeasured } from '../support/measure.ts';
import { botToken, channel, eventOf, formOf, payloadOf, signingSecret, SlackStandIn, team } from '../support/slack.ts';
import { directWire, nobody } from './people.ts';

/** An approval that is asked for and given in Slack, against the simulated services and Slack's stand-in. */

const parameter = '/baton/slack';
const settings = JSON.stringify({ signingSecrets: [signingSecret], botToken, team, channel });
const never = new AbortController().signal;

const servicesOf = (world: World): Services => ({
  ...world.services,
  ssm: (action, input) => {
    if (action === 'GetParameter' && input['Name'] === parameter) return { Parameter: { Name: parameter, Value: settings } };
    throw new Error(`Slack needs no ${action}`);
  },
  sfn: (action) =>
    action === 'DescribeExecution' ? { status: 'SUCCEEDED' } : action === 'ListExecutions' ? { executions: [{ name: plan.execution }] } : {},
  sns: () => ({}),
});

const partsOf = (world: World, onCall: OnCall, name: 'Slack' | 'RequestApproval' | 'Announce', api: string) => {
  const caller = { ...nobody, actor: name, arn: `arn:aws:sts::123456789012:assumed-role/baton-${name}/lambda` };
  const clients = clientsFor(directWire, observed(servicesOf(world), onCall), caller);
  const table = { client: clients.dynamo, table: tableName };
  const slackSettings = new SlackParameter({ client: clients.ssm, name: parameter, clock: systemClock });
  return {
    clock: systemClock,
    measure: unmeasured,
    approvals: new Approvals(table),
    records: new Records(table),
    answers: new Tasks(clients.sfn),
    notify: new Notify({ client: clients.sns, topic }),
    slackSettings,
    slack: new Slack({ settings: slackSettings, clock: systemClock, api }),
    slackThreads: new SlackThreads({ table, randomHex }),
    stateMachine,
    workflow: new Workflow({ client: clients.sfn, stateMachine }),
  };
};

const alex = 'slack/T0BATON/U0ALEX/alex';
const plan: Plan = {
  validator,
  kind: 'failover',
  execution: run('hub-1.t1.e'),
  cause: { kind: 'operator', by: robin, reason: 'Upgrade.' },
  term: t(1),
  phase: 'HELD',
  holder: amber,
  candidate: birch,
  accepts: ['stopped'],
  approval: { required: true, quorum: 1, approvers: [alex] },
  config: 'c'.repeat(64),
};

/** @throws Error unless the message was posted and the press was counted. */
export const callsOfSlack = async (onCall: OnCall): Promise<void> => {
  const world = new World({ seed: 1, scenario: scenarioNamed('switchover') });
  const standIn = new SlackStandIn();
  await standIn.start();
  const api = `${standIn.url}/api`;
  const planHash = hashOf(plan);
  const asked = { purpose: 'approval', plan, planHash, seconds: 900, token: 'task-token' } as const;
  const { approvalId } = await requestApproval(asked, partsOf(world, onCall, 'RequestApproval', api), never, () => 10_000);
  const [action] = payloadOf()['actions'] as [Record<string, unknown>];
  const ts = [...standIn.messages.keys()][0];
  const body = formOf(
    payloadOf({
      actions: [{ ...action, value: `${approvalId}.${planHash}` }],
      container: { type: 'message', message_ts: ts, channel_id: channel },
    }),
  );
  const parts = partsOf(world, onCall, 'Slack', api);
  await slack(read(eventOf(body, systemClock.epochMs())), parts, never, () => 10_000);
  const announcing = partsOf(world, onCall, 'Announce', api);
  const told = async (event: unknown) => announce(contract.input.parse(event), announcing, never, () => 45_000);
  await told({ refresh: true });
  const trouble = { kind: { Type: 'String', Value: 'trouble' }, validator: { Type: 'String', Value: validator } };
  await told({ Records: [{ Sns: { MessageId: 'm-1', Subject: 'S', Message: 'M', MessageAttributes: trouble } }] });
  const ended = { name: plan.execution, status: 'SUCCEEDED', stopDate: 1, input: JSON.stringify({ validator }) };
  await told({ source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail: ended });
  const shown = JSON.stringify([...standIn.messages.values()]);
  await standIn.close();
  const record = await parts.approvals.read(approvalId);
  if (record?.state !== 'approved' || !shown.includes('Approved by alex')) throw new Error('Slack approved nothing');
  const { messages, said } = await announcing.slackThreads.read(plan.execution);
  if (messages[0]?.ts !== ts || said.length !== 1 || !shown.includes(`${validator}: failed over`)) throw new Error('Announce told nothing');
};
