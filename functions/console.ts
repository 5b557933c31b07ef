import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { console as contract } from './contract.ts';
import { Pulses, readPage, type ConsoleNeeds, type Wanted } from './shared/console-read.ts';
import type { Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { pageIn, widgetHandlerOf } from './shared/widget.ts';

type Input = z.output<typeof contract.input>;

const described = `# Baton: who signs, is it healthy, could it fail over, what waits

| parameter | meaning |
|---|---|
| page | \`fleet\` (as it comes), \`validator\` or \`failover\` |
| validator | with \`page: validator\`: which |
| execution | with \`page: failover\`: which execution of the state machine |
| find | words that a row must hold: a name, a chain, a node, \`failing\`, \`paused\` |
| show | \`all\`, \`attention\`, \`stuck\` (could not fail over) or \`waiting\` (for a person) |
| sort | \`attention\`, \`name\` or \`last\` |

It reads and changes nothing. A page takes some seconds: the guards and the watch are seen to work, not believed.`;

const missing = (field: 'validator' | 'execution'): BatonError =>
  new BatonError('InputInvalid', `${field} is nothing: this page needs it`, { field, fix: `Give the widget the parameter ${field}.` });

/** What somebody typed into the page counts before the widget's own parameters. @throws BatonError InputInvalid. */
const wantedBy = (input: Input): Wanted => {
  if (input.page === 'validator') {
    if (input.validator === undefined) throw missing('validator');
    return { page: 'validator', validator: input.validator };
  }
  if (input.page === 'failover') {
    if (input.execution === undefined) throw missing('execution');
    return { page: 'failover', execution: input.execution };
  }
  const typed = input.widgetContext?.forms?.all;
  return { page: 'fleet', asked: { find: typed?.find ?? input.find, show: typed?.show ?? input.show, sort: typed?.sort ?? input.sort } };
};

/** Kept over the calls of one process: only the first page must wait for every guard. */
const seenHere = new Pulses();

/** A page of the console for a dashboard of CloudWatch. Reads only. */
export const consolePage =
  (endpoint: string): Act<Input, z.input<typeof contract.output>, ConsoleNeeds | 'pulses'> =>
  async (input, deps, signal, remainingMs) => {
    if (input.describe) return { shown: { markdown: described }, sentence: 'Told its parameters.' };
    const view = await readPage(deps, { wanted: wantedBy(input), pulses: deps.pulses, remainingMs }, signal);
    return { shown: pageIn(view, input, endpoint), sentence: `Showed ${input.page}.` };
  };

export const handler = widgetHandlerOf({ name: 'Console', ...contract }, consolePage, {
  clock: make.clock,
  measure: make.measure,
  settings: make.settings,
  records: make.records,
  lease: make.lease,
  approvals: make.approvals,
  workflow: make.workflow,
  executions: make.executions,
  watchShards: make.watchShards,
  pulses: () => seenHere,
});
