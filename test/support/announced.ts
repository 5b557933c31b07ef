import { expect } from 'vitest';
import type { ApprovalRecord } from '../../core/approval.ts';
import { announce } from '../../functions/announce.ts';
import { announce as contract } from '../../functions/contract.ts';
import { handlerOf } from '../../functions/shared/handler.ts';
import { recordOf, run } from './core.ts';
import { makersOf, World } from './deps.ts';
import { blocks as asSlackTakesThem } from './slack.ts';

/** What Announce is told, and what it then tells. */

export const id = 'a'.repeat(32);
export const nowMs = 1_700_000_000_000;
export const execution = run('hub-1.t1.e');
export const message = { channel: 'C0BATON', ts: '1700000000.000100' };
export const shownIn = (approval = id, closed = false) => ({ messages: [{ ...message, approval, closed }], said: [] });

export const waiting = (of: Partial<ApprovalRecord> = {}): World => {
  const world = new World();
  world.slack.up = true;
  world.approvals.set(id, recordOf({ execution, expiresAtMs: nowMs + 900_000, ...of }));
  world.slack.threads.set(execution, shownIn());
  return world;
};
/** By the real frame: what comes in and goes out is held to the contract. */
export const tell = (world: World, event: unknown) => {
  const handler = handlerOf({ name: 'Announce', ...contract }, announce, makersOf(world.deps()));
  return handler(event, { getRemainingTimeInMillis: () => 45_000 }, undefined as never) as Promise<{
    posted: number;
    edited: number;
    sentence: string;
  }>;
};
export const notice = (of: { id?: string; subject?: string | null; message?: string; attributes?: Record<string, string> }) => ({
  Records: [
    {
      EventSource: 'aws:sns',
      Sns: {
        Type: 'Notification',
        MessageId: of.id ?? 'm-1',
        Subject: of.subject === undefined ? 'Baton: trouble' : of.subject,
        Message: of.message ?? 'hub-1 signs nothing.',
        MessageAttributes: Object.fromEntries(Object.entries(of.attributes ?? {}).map(([name, Value]) => [name, { Type: 'String', Value }])),
      },
    },
  ],
});
export const ended = (of: Record<string, unknown> = {}) => ({
  version: '0',
  id: 'event-1',
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: {
    executionArn: `arn:aws:states:us-east-1:123456789012:execution:baton-failover:${execution}`,
    stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover',
    name: execution,
    status: 'SUCCEEDED',
    startDate: nowMs,
    stopDate: nowMs + 60_000,
    input: JSON.stringify({ validator: 'hub-1', kind: 'failover' }),
    inputDetails: { included: true },
    output: null,
    ...of,
  },
});
export const posted = (world: World): string[] => world.slack.posted.map(({ text }) => text);
export const edits = (world: World): unknown[] => world.slack.updated.map(({ at, message: { text } }) => [at, text]);
export const blocksOf = (world: World): string => {
  for (const { blocks } of world.slack.posted) expect(asSlackTakesThem.safeParse(blocks).error?.issues).toBe(undefined);
  return JSON.stringify(world.slack.posted.map(({ blocks }) => blocks));
};
export const link =
  '<https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/' +
  'arn:aws:states:us-east-1:123456789012:execution:baton-failover:hub-1.t1.e|hub-1.t1.e>';
