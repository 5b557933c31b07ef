import { beforeAll, describe, expect, test } from 'vitest';
import { nodeReport } from '../../core/report.ts';
import { ask } from './ask.ts';
import { custody, guardItem, stacks, vaulted } from './denied/names.ts';
import { grainsOf, unusedOf } from './grains.ts';
import { record, stacksForCalls, type Asked, type Recorder } from './record.ts';
import { unseen } from './unseen.ts';

/** Every call that is really made is allowed, and nothing is allowed that no call needs. */

let recorder: Recorder;
let asked: readonly Asked[] = [];

beforeAll(async () => {
  recorder = await record(Number(process.env['IAM_SEEDS'] ?? 4));
  asked = await recorder.answers();
}, 120_000);

const said = ({ who, question }: Asked): string =>
  [who, question.action, ...[question.context?.['dynamodb:LeadingKeys'] ?? []].flat().map((key) => key.split('#')[0])].join(' ');

describe('what is called', () => {
  test('is allowed', () => {
    expect(asked.filter(({ allowed }) => !allowed)).toEqual([]);
    expect(asked.length).toBeGreaterThan(250);
  });
  test.each([
    ['an attestation', 'RequestApproval dynamodb:PutItem approval'],
    ['an attestation as proof', 'Fence dynamodb:GetItem approval'],
    ['power that is cut', 'Fence ec2:StopInstances'],
    ['a command to a node', 'Fence ssm:SendCommand'],
    ['a proof', 'Fence dynamodb:UpdateItem lease'],
    ['a release', 'ReleaseKey kms:CreateGrant'],
    ['a reinstatement', 'Reinstate dynamodb:UpdateItem lease'],
    ['a grant to the active itself', 'Reinstate kms:CreateGrant'],
    ['a standby again', 'Rejoin ssm:SendCommand'],
    ['an answer', 'Answer states:SendTaskSuccess'],
    ['a press in Slack', 'Slack states:SendTaskSuccess'],
    ['the secrets of Slack', 'Slack ssm:GetParameter'],
    ['a message to Slack', 'RequestApproval ssm:GetParameter'],
    ['the secrets of the relay', 'Relay ssm:GetParameter'],
    ['who has taken an alert', 'Relay dynamodb:PutItem relay'],
    ['what became of a test', 'Relay dynamodb:UpdateItem alert-test'],
    ['a test by schedule', 'AlertTest sns:Publish'],
    ['where that message is', 'RequestApproval dynamodb:PutItem slack'],
    ['a notice of an answer', 'Answer sns:Publish'],
    ['a notice of a press', 'Slack sns:Publish'],
    ['what is said once', 'Announce dynamodb:PutItem slack'],
    ['what runs', 'Announce states:ListExecutions'],
    ['how it ended', 'Announce states:GetExecutionHistory'],
    ['a page of the console', 'Console dynamodb:GetItem approval'],
    ['a failover on a page', 'Console states:GetExecutionHistory'],
    ['a verdict', 'Watch states:StartExecution'],
    ['a message of the watch', 'Watch sns:Publish'],
    ["a node's report", 'node dynamodb:PutItem node'],
    ['a pause', 'requester dynamodb:PutItem pause'],
    ['a failover by hand', 'requester states:StartExecution'],
    ['a look by who approves', 'approver dynamodb:GetItem lease'],
    ['a key that is sealed', 'custodian kms:GenerateDataKey'],
    ['an enrolment', 'custodian dynamodb:UpdateItem lease'],
  ])('holds %s', (_, call) => {
    expect(asked.map(said)).toContain(call);
  });
  test('is allowed to a custodian of IAM Identity Center too', async () => {
    const who = { admin: 'aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_baton-custodian_0123456789abcdef' };
    const sealing = { who, action: 'kms:GenerateDataKey', resource: custody, context: vaulted };
    expect((await ask(stacks.home, sealing)).allowed).toBe(true);
  });
  test('a node decrypts by a grant of its own term and by nothing else', async () => {
    const decrypts = await recorder.decrypts();
    expect(decrypts.length).toBeGreaterThanOrEqual(2);
    expect(decrypts.filter(({ granted, allowed }) => !granted || allowed)).toEqual([]);
  });
});

describe('what is allowed', () => {
  const { home, away } = stacksForCalls();
  const listed = (one: string): string | undefined => Object.keys(unseen).find((begin) => one.startsWith(begin));
  test('is called, or listed with the reason why no run shows it', () => {
    expect(unusedOf(home, asked).filter((one) => listed(one) === undefined)).toEqual([]);
    expect(unusedOf(away, asked).filter((one) => listed(one) === undefined)).toEqual([]);
    expect(grainsOf(home).length).toBeGreaterThan(500);
  });
  test('is not listed as unseen when it is seen', () => {
    const found = new Set(unusedOf(home, asked).map(listed));
    expect(Object.keys(unseen).filter((begin) => !found.has(begin))).toEqual([]);
  });
  test('to a node are the fields of its report, and its key', () => {
    expect([...guardItem].sort()).toEqual(['pk', ...Object.keys(nodeReport.shape)].sort());
  });
});
