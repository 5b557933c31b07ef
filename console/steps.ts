import { sentenceIn, type ToldEvent } from '../core/history.ts';
import type { Step } from './view.ts';

/** What an execution did, from the events of its history. */

/**
 * States in the order they were entered, each with what it said and how long it took. Times are of the workflow service alone.
 * @param nowMs when given, the state that is not left yet is told too, as far as it has come.
 */
export const stepsOf = (events: readonly ToldEvent[], nowMs?: number): Step[] => {
  const steps: Step[] = [];
  let open: { state: string; startedMs: number; sentence: string } | undefined;
  const firstMs = events[0]?.atMs ?? 0;
  const close = (atMs: number): void => {
    if (open) steps.push({ state: open.state, startedMs: open.startedMs - firstMs, tookMs: atMs - open.startedMs, sentence: open.sentence });
    open = undefined;
  };
  for (const event of events) {
    if (event.type.endsWith('StateEntered')) {
      close(event.atMs);
      open = { state: event.state ?? '?', startedMs: event.atMs, sentence: '' };
      continue;
    }
    if (open) open.sentence = sentenceIn(event.output) ?? (event.error === undefined ? open.sentence : `${event.error}: ${event.cause ?? ''}`);
    if (event.type.endsWith('StateExited') || event.type.startsWith('Execution')) {
      if (event.type !== 'ExecutionStarted') close(event.atMs);
    }
  }
  if (nowMs !== undefined && open) close(Math.max(nowMs, open.startedMs));
  return steps;
};
