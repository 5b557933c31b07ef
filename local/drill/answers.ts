import { answer } from '../../cli/commands/approve.ts';
import { validatorId } from '../../core/ids.ts';
import type { DrillOptions } from './options.ts';
import { scenarios } from './scenarios.ts';
import { validator } from './enrol.ts';
import type { World } from './world.ts';

/** What people do while a drill runs: they are asked once for each thing that waits, and answer as the scenario says, or in Slack by themselves. */

const id = validatorId.parse(validator);
const statement = 'I have pulled the plug of amber, and seen it dark.';

/** @returns looks once whether something waits, and answers it. */
export const answersOf = (options: DrillOptions, world: World, tell: (sentence: string) => void): (() => Promise<void>) => {
  const scenario = scenarios[options.scenario];
  const asked = new Set<string>();

  /** By hand, where nothing of Baton's can see it: only a person can tell. */
  const cutPower = async (): Promise<void> => {
    if (!scenario.attests) return;
    await world.amber.sandbox.powerOff();
    tell('sam has pulled the plug of amber, and seen it dark.');
  };

  const attest = async (): Promise<void> => {
    if (!scenario.attests) {
      tell('A person is asked to attest that amber cannot sign; nobody does.');
      return;
    }
    await answer(world.contextOf('second'), validator, { answer: 'approve', purpose: 'attestation', statement });
    tell('sam attests that amber cannot sign.');
  };

  return async () => {
    const context = world.contextOf('approver');
    const record = await context.approvals.waiting(id);
    if (!record || record.state !== 'pending' || asked.has(record.id)) return;
    asked.add(record.id);
    if (record.purpose === 'attestation') await cutPower();
    if (world.slack) {
      tell(`People are asked for the ${record.purpose} in Slack: ${world.slack.server.url}/`);
      return;
    }
    if (scenario.answer === 'nothing') return;
    if (record.purpose === 'attestation') {
      await attest();
      return;
    }
    const yes = scenario.answer === 'approve' && (options.ask === null || (await options.ask(record.sentence)));
    await answer(context, validator, { answer: yes ? 'approve' : 'deny', purpose: 'approval', plan: record.planHash.slice(0, 12) });
    tell(`alex ${yes ? 'approves' : 'denies'} the plan ${record.planHash.slice(0, 12)}.`);
  };
};
