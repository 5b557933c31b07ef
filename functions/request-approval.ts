import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ApprovalRecord } from '../core/approval.ts';
import { nodeLabel } from '../core/config.ts';
import { BatonError } from '../core/errors.ts';
import { slackMessageOf } from '../core/slack-message.ts';
import { requestApproval as contract } from './contract.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import { linkOf } from './shared/slack-link.ts';
import * as make from './shared/make.ts';

/** Stores what waits for people and tells them. The id is one-way from the task token, so that a retry of the same task finds its own record. */
export const requestApproval: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'records' | 'approvals' | 'notify' | 'slack' | 'slackThreads' | 'stateMachine'
> = async (input, deps, signal) => {
  const { plan, planHash, purpose } = input;
  const { config } = await needConfig(deps, plan.validator, signal);
  const id = createHash('sha256').update(`${purpose}/${input.token}`).digest('hex').slice(0, 32);
  const approvers = purpose === 'approval' ? plan.approval.approvers : config.policy.approvers;
  if (approvers.length === 0)
    throw new BatonError('ApproverNotAllowed', `nobody may give the ${purpose} of ${plan.validator}`, {
      field: 'policy.approvers',
      fix: 'Add approvers to validators.yaml and apply it.',
    });
  const about =
    purpose === 'approval'
      ? `Fence ${nodeLabel(config, plan.holder)}, then let ${nodeLabel(config, plan.candidate)} sign for ${plan.validator}. Reason: ${plan.cause.reason}`
      : `Nothing proves that ${nodeLabel(config, input.node)} cannot sign for ${plan.validator}. State what you did so that it cannot (power cut, disk out).`;
  const command =
    purpose === 'approval' ? `baton approve ${plan.validator} --plan ${planHash.slice(0, 12)}` : `baton attest ${plan.validator} --statement "…"`;
  const nowMs = deps.clock.epochMs();
  const record: ApprovalRecord = {
    id,
    purpose,
    validator: plan.validator,
    execution: plan.execution,
    planHash,
    requester: plan.cause.by,
    approvers: [...approvers],
    quorum: purpose === 'approval' ? plan.approval.quorum : config.policy.quorum,
    state: 'pending',
    decisions: [],
    createdAtMs: nowMs,
    expiresAtMs: nowMs + input.seconds * 1_000,
    accepts: plan.accepts,
    sentence: about.slice(0, 2_000),
    token: input.token,
    version: 1,
    ...(purpose === 'attestation' ? { term: input.term, node: input.node } : {}),
  };
  await deps.approvals.create(record, signal);
  const notice = {
    kind: 'waiting' as const,
    validator: plan.validator,
    execution: plan.execution,
    subject: `Baton: ${purpose} needed for ${plan.validator}`,
    message: `${about} You have ${input.seconds} s. Next: ${command}   (or: baton deny ${plan.validator})`,
  };
  const message = slackMessageOf(record, { nowMs, link: linkOf(deps.stateMachine, record.execution) });
  const [sent, posted] = await Promise.all([deps.notify.send(notice, signal), deps.slack.post(message, signal)]);
  // What waits is stored and people are told: without this note the message is still found by whoever presses in it.
  if (posted) await deps.slackThreads.add(plan.execution, { ...posted, approval: id }, signal).catch(() => undefined);
  return {
    approvalId: id,
    sentence: `Waiting up to ${input.seconds} s for the ${purpose}${sent || posted ? '' : '; the message could not be sent'}.`,
  };
};

export const handler = handlerOf({ name: 'RequestApproval', ...contract, warm: 'config' }, requestApproval, {
  clock: make.clock,
  records: make.records,
  approvals: make.approvals,
  notify: make.notify,
  slack: make.slack,
  slackThreads: make.slackThreads,
  stateMachine: make.stateMachine,
  measure: make.measure,
});
