import * as z from 'zod';
import { validatorId } from '../../core/ids.ts';
import { jsonBy } from '../../core/json.ts';
import type { EndedEvent } from '../contract.ts';
import { refresh, sayOnce, threadOf, type Needs } from './announce-shared.ts';
import type { Told } from './announce-notice.ts';
import { endText } from './announce-text.ts';
import { linkOf } from './slack-link.ts';

/** A failover ended: its messages show it, and how it ended stands under them. */

const started = z.looseObject({ validator: validatorId });

/** Of the execution's own input; its name begins with it where the input was too long for the event. */
const validatorOf = ({ input, name }: EndedEvent['detail']): string =>
  jsonBy(started, input ?? undefined)?.validator ?? name.replace(/\.t\d+\..*$/, '');

export const announceEnd = async ({ detail }: EndedEvent, deps: Needs, signal: AbortSignal): Promise<Told> => {
  const { name, status } = detail;
  const edited = await refresh(name, deps, signal, true);
  const under = await threadOf(name, deps, signal);
  // Who must know of such an end is called by a notice, which is posted too.
  if (under === undefined && status === 'FAILED')
    return { posted: 0, edited, sentence: `${name} ended ${status}; nothing hangs together with it here.` };
  const found = await deps.workflow.describe(name, signal);
  const events = await deps.workflow.history(name, signal);
  const message = endText({ validator: validatorOf(detail), execution: { name, link: linkOf(deps.stateMachine, name) }, found, events });
  // A redriven execution ends again, at another time.
  const how = await sayOnce({ execution: name, mark: `end/${status}/${detail.stopDate ?? ''}`, message, under }, deps, signal);
  const sentence = { said: 'how it ended is posted.', before: 'how it ended was posted before.', lost: 'Slack did not take how it ended.' }[how];
  return { posted: how === 'said' ? 1 : 0, edited, sentence: `${name} ended ${status}: ${sentence}` };
};
