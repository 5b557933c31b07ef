import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { amber, birch, t, v } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer, type Sent } from '../test/support/wire.ts';
import { Command } from './command.ts';

const nonce = 'a'.repeat(32);
const comment = `baton ${nonce}`;
const send = { node: amber, validator: v, term: t(2), nonce };
const id = '11111111-2222-3333-4444-555555555555';
const lost = new Error('socket hang up');

const commandWith = (answer: (sent: Sent, index: number) => Answer) => {
  const { sent, options } = wired(answer);
  return { sent, command: new Command({ client: new SSMClient(options), document: 'baton-fence', deliverySeconds: 30 }) };
};
/** Answers a search and an order to send. */
const serving = (listed: (index: number) => Answer, sent: Answer = { Command: { CommandId: id } }) =>
  commandWith(({ action }, index) => (action === 'ListCommands' ? listed(index) : sent));
const listing = { InstanceId: amber, MaxResults: 50, Filters: [{ key: 'DocumentName', value: 'baton-fence' }] };

describe('sending', () => {
  test('looks for an earlier send first, and then sends to this node with a bound on the delivery', async () => {
    const { sent, command } = serving(() => ({ Commands: [] }));
    const signal = someSignal();
    expect(await command.sendOnce(send, signal)).toBe(id);
    expect(sent).toEqual([
      { action: 'ListCommands', input: listing, signal },
      {
        action: 'SendCommand',
        input: {
          DocumentName: 'baton-fence',
          InstanceIds: [amber],
          Comment: comment,
          TimeoutSeconds: 30,
          Parameters: { Validator: ['hub-1'], Term: ['2'], Nonce: [nonce] },
        },
        signal,
      },
    ]);
  });
  test('an earlier send of this very nonce is not repeated', async () => {
    const Commands = [{ CommandId: 'another', Comment: `baton ${'b'.repeat(32)}` }, { CommandId: 'silent' }, { CommandId: 'ours', Comment: comment }];
    const { sent, command } = serving(() => ({ Commands }));
    expect(await command.sendOnce(send)).toBe('ours');
    expect(sent.map(({ action }) => action)).toEqual(['ListCommands']);
  });
  test('an earlier send is found on a later page', async () => {
    const { sent, command } = serving((index) =>
      index < 2 ? { NextToken: `page-${index + 2}` } : { Commands: [{ CommandId: 'ours', Comment: comment }] },
    );
    expect(await command.sendOnce(send)).toBe('ours');
    expect(sent.map(({ input }) => input)).toEqual([listing, { ...listing, NextToken: 'page-2' }, { ...listing, NextToken: 'page-3' }]);
  });
  test('the search is over after the last page', async () => {
    const { sent, command } = serving(() => ({}));
    await command.sendOnce(send);
    expect(sent.map(({ action }) => action)).toEqual(['ListCommands', 'SendCommand']);
  });
  test('the search is over after five pages, and a send that tells no id is not a find', async () => {
    const { sent, command } = serving(() => ({ Commands: [{ Comment: comment }], NextToken: 'more' }));
    expect(await command.sendOnce(send)).toBe(id);
    expect(sent.map(({ action }) => action)).toEqual([...Array.from({ length: 5 }, () => 'ListCommands'), 'SendCommand']);
  });
  test.each<[string, Answer, Answer, string, object]>([
    ['a search that is refused', new Refusal('AccessDeniedException'), {}, 'AccessDeniedException', { name: 'AccessDeniedException' }],
    ['an order that is refused', {}, new Refusal('InvalidInstanceId'), 'InvalidInstanceId', { name: 'InvalidInstanceId' }],
    ['an order without an answer', {}, lost, 'Error', { message: 'socket hang up' }],
    ['an answer without a command', {}, {}, 'Error', { message: 'the answer holds no command id' }],
    ['an answer without a command id', {}, { Command: {} }, 'Error', { message: 'the answer holds no command id' }],
  ])('%s is told with the node and where to look', async (_, listed, ordered, name, cause) => {
    await expect(serving(() => listed, ordered).command.sendOnce(send)).rejects.toMatchObject({
      code: 'CommandFailed',
      message: `baton-fence could not be sent to ${amber}: ${name}`,
      fix: `Check that the node is online in SSM: aws ssm describe-instance-information --filters Key=InstanceIds,Values=${amber}`,
      cause,
    });
  });
  test('nothing is sent when the search failed: it may have been sent before', async () => {
    const { sent, command } = serving(() => lost);
    await expect(command.sendOnce(send)).rejects.toThrow('could not be sent');
    expect(sent.map(({ action }) => action)).toEqual(['ListCommands']);
  });
});

describe('the result', () => {
  const of = { commandId: id, node: amber };
  const ours = { CommandId: id, InstanceId: amber };
  const resultOf = (answer: Answer) => commandWith(() => answer).command.result(of);
  const said = (Status: string, more: Record<string, string> = {}): Answer => ({ ...ours, Status, ...more });

  test('is asked of exactly this command and node', async () => {
    const { sent, command } = commandWith(() => said('Pending'));
    const signal = someSignal();
    await command.result(of, signal);
    expect(sent).toEqual([{ action: 'GetCommandInvocation', input: { CommandId: id, InstanceId: amber }, signal }]);
  });
  test('is the JSON of the last line', async () => {
    const StandardOutputContent = 'stopping\n{"ok":false}\n{"ok":true,"term":2}\n\n';
    expect(await resultOf(said('Success', { StandardOutputContent }))).toEqual({ outcome: 'done', output: { ok: true, term: 2 } });
    expect(await resultOf(said('Success', { StandardOutputContent: '{"ok":true}' }))).toEqual({ outcome: 'done', output: { ok: true } });
  });
  test.each(['Pending', 'InProgress', 'Delayed'])('%s is pending', async (status) => {
    expect(await resultOf(said(status, { StandardOutputContent: '{"ok":true}' }))).toEqual({ outcome: 'pending' });
  });
  test('a command that nobody knows yet is pending', async () => {
    expect(await resultOf(new Refusal('InvocationDoesNotExist'))).toEqual({ outcome: 'pending' });
  });
  test.each<[string, Record<string, string>, string]>([
    ['its own last word', { StandardOutputContent: 'noise\n{"ok":false}\n', StandardErrorContent: 'broken' }, '{"ok":false}'],
    ['the last line of its errors when it said nothing', { StandardErrorContent: 'first\nunit not found\n' }, 'unit not found'],
    ['no more than 300 characters', { StandardOutputContent: 'x'.repeat(301) }, 'x'.repeat(300)],
    ['nothing', {}, ''],
  ])('a failure tells %s', async (_, content, reason) => {
    expect(await resultOf(said('Failed', content))).toEqual({ outcome: 'failed', reason });
  });
  test.each<[string, Answer, string]>([
    ['SSM’s time-out', said('TimedOut', { StandardOutputContent: '{"ok":true}' }), 'SSM says TimedOut'],
    ['a command that was cancelled', said('Cancelled', { StandardOutputContent: '{"ok":true}' }), 'SSM says Cancelled'],
    ['an answer without a status', { ...ours, StandardOutputContent: '{"ok":true}' }, 'SSM says unknown'],
    ['success in words', said('Success', { StandardOutputContent: 'all fine' }), 'the last line of its output is not JSON'],
    ['success without output', said('Success'), 'the last line of its output is not JSON'],
    ['a refusal', new Refusal('ThrottlingException'), 'ThrottlingException'],
    ['no answer', lost, 'Error'],
  ])('%s is unknown', async (_, answer, reason) => {
    expect(await resultOf(answer)).toEqual({ outcome: 'unknown', reason });
  });
  test.each([
    ['another node', { ...ours, InstanceId: birch }],
    ['no node', { CommandId: id }],
    ['another command', { ...ours, CommandId: 'other' }],
    ['no command', { InstanceId: amber }],
  ])('the success of %s proves nothing', async (_, whose) => {
    const answer = { ...whose, Status: 'Success', StandardOutputContent: '{"ok":true}' };
    expect(await resultOf(answer)).toEqual({ outcome: 'unknown', reason: 'the answer is of another command or node' });
  });
});
