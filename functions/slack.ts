import * as z from 'zod';
import { isFromSlack, requestOf } from '../core/slack.ts';
import { slack as contract } from './contract.ts';
import type { Act } from './shared/handler.ts';
import { bytesOf, httpHandlerOf, unidentified } from './shared/http.ts';
import * as make from './shared/make.ts';
import { submit } from './shared/slack-form.ts';
import { press } from './shared/slack-press.ts';

/** A message of ours comes back with the press; it is far smaller. */
const maxBodyBytes = 131_072;

const notSlack = () => unidentified('the request is not signed by Slack', 'Check the signing secret in the parameter and the clock.');

/**
 * Counts the answer of a person who pressed a button in Slack, or who sent our dialog. Slack's signature is the only authority: nothing is read
 * before it is checked.
 */
export const slack: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'approvals' | 'answers' | 'measure' | 'notify' | 'slack' | 'slackSettings' | 'slackThreads' | 'stateMachine'
> = async (input, deps, signal) => {
  const settings = await deps.slackSettings.read(signal);
  const of = { secrets: settings?.signingSecrets ?? [], nowMs: deps.clock.epochMs() };
  if (settings === null || !isFromSlack(input, of)) throw notSlack();
  const asked = requestOf(input.body);
  const told = asked.kind === 'click' ? { sentence: await press(asked, settings, deps, signal) } : await submit(asked, settings, deps, signal);
  return { ...told, sentence: told.sentence.slice(0, 2_000) };
};

const signed = z.looseObject({ headers: z.looseObject({ 'x-slack-request-timestamp': z.string(), 'x-slack-signature': z.string() }) });

/** API Gateway gives names of headers in small letters. */
export const read = (event: unknown): z.input<typeof contract.input> => {
  const found = signed.safeParse(event);
  if (!found.success) throw notSlack();
  const { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } = found.data.headers;
  return { timestamp: timestamp.slice(0, 20), signature: signature.slice(0, 100), body: bytesOf(event, maxBodyBytes) };
};

const makers = {
  clock: make.clock,
  approvals: make.approvals,
  answers: make.answers,
  measure: make.measure,
  notify: make.notify,
  slack: make.slack,
  slackSettings: make.slackSettings,
  slackThreads: make.slackThreads,
  stateMachine: make.stateMachine,
};

/** Slack takes an empty answer as one that it need not show. */
export const replyOf = ({ reply }: z.output<typeof contract.output>): unknown => reply;

export const handler = httpHandlerOf({ name: 'Slack', ...contract, warm: 'slack' }, read, slack, makers, replyOf);
