import type { z } from 'zod';
import { announce as contract, type EndedEvent } from './contract.ts';
import { announceEnd } from './shared/announce-end.ts';
import { announceNotice, type Told } from './shared/announce-notice.ts';
import { refresh, type Needs } from './shared/announce-shared.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

/** Time that one more edit may need when Slack asks for patience: three tries of two seconds, two pauses of three. */
const leastMs = 13_000;

/** Keeps what is shown in Slack true for every execution that runs: the time that is left, and what is over. */
const everyMinute = async (deps: Needs, signal: AbortSignal, remainingMs: () => number): Promise<Told> => {
  const running = await deps.workflow.running(signal);
  let edited = 0;
  let looked = 0;
  for (const execution of running) {
    if (remainingMs() < leastMs) break;
    edited += await refresh(execution, deps, signal);
    looked += 1;
  }
  return { posted: 0, edited, sentence: `${looked} of ${running.length} executions that run were looked at; ${edited} messages are edited.` };
};

type Input = z.output<typeof contract.input>;
const isRefresh = (input: Input): input is { refresh: true } => input['refresh'] === true;
const isEnded = (input: Input): input is EndedEvent => 'detail' in input && 'source' in input;

/** Tells in Slack what happens: what is published to the topic, how failovers end, and each minute how much time is left. */
export const announce: Act<Input, z.input<typeof contract.output>, keyof Needs> = async (input, deps, signal, remainingMs) => {
  if (isRefresh(input)) return everyMinute(deps, signal, remainingMs);
  if (isEnded(input)) return announceEnd(input, deps, signal);
  const all: Told[] = [];
  for (const { Sns: sns } of input.Records) all.push(await announceNotice(sns, deps, signal));
  return {
    posted: all.reduce((sum, { posted }) => sum + posted, 0),
    edited: all.reduce((sum, { edited }) => sum + edited, 0),
    sentence: all
      .map(({ sentence }) => sentence)
      .join(' ')
      .slice(0, 2_000),
  };
};

export const handler = handlerOf({ name: 'Announce', ...contract }, announce, {
  clock: make.clock,
  approvals: make.approvals,
  slack: make.slack,
  slackThreads: make.slackThreads,
  stateMachine: make.stateMachine,
  workflow: make.workflow,
  measure: make.measure,
});
