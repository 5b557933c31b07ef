import type { z } from 'zod';
import { answerRequest } from '../core/answer.ts';
import { answer as contract } from './contract.ts';
import { giveAnswer } from './shared/give-answer.ts';
import type { Act } from './shared/handler.ts';
import { bodyOf, callerOf, httpHandlerOf } from './shared/http.ts';
import * as make from './shared/make.ts';

/** Counts the answer of a person whom API Gateway has identified by the signature of the request. */
export const answer: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'approvals' | 'answers' | 'measure' | 'notify'
> = (input, deps, signal) => giveAnswer(input, deps, signal);

const makers = {
  clock: make.clock,
  approvals: make.approvals,
  answers: make.answers,
  measure: make.measure,
  notify: make.notify,
};

/** Identity first: what an unidentified caller sent is not even read. */
export const read = (event: unknown): z.input<typeof contract.input> => ({ by: callerOf(event), request: bodyOf(event, answerRequest) });

export const handler = httpHandlerOf({ name: 'Answer', ...contract }, read, answer, makers);
