import { checkAlarms } from '../alarms/run.ts';
import { ask } from '../iam/ask.ts';
import { functions } from '../iam/denied/functions.ts';
import { keys } from '../iam/denied/keys.ts';
import { questionOf, stacks } from '../iam/denied/names.ts';
import { nodes } from '../iam/denied/nodes.ts';
import { others } from '../iam/denied/others.ts';
import { people } from '../iam/denied/people.ts';
import { record } from '../iam/record.ts';
import { finding, type Finding } from './finding.ts';

/** What the suites of the permissions and of the alarms hold the same template to. */

export interface Counted {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Calls that are really made must be allowed, and calls that nobody may make must not. @param seeds how many simulated runs are recorded. */
export const countPermissions = async (seeds: number): Promise<Counted> => {
  const asked = await (await record(seeds)).answers();
  const found = asked
    .filter(({ allowed }) => !allowed)
    .map(({ who, question }) => finding('PolicyRefuses', who, `${question.action} on ${question.resource} is really called`));
  const denied = [...nodes, ...functions, ...keys, ...people, ...others];
  for (const one of denied)
    if ((await ask(stacks[one.in ?? 'home'], questionOf(one))).allowed)
      found.push(finding('PolicyAllows', one.action, `${one.resource}: ${one.why}`));
  return { findings: found, counts: { policiesAllowed: asked.length, policiesDenied: denied.length } };
};

/** The alarms of the template through the recorded series. */
export const countAlarms = (): Counted => {
  const { alarms, series, wrong } = checkAlarms();
  return { findings: wrong.map((sentence) => finding('AlarmWrong', 'alarms', sentence)), counts: { alarms, series } };
};
