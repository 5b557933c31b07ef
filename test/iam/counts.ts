import { ask } from './ask.ts';
import { denied } from './denied/index.ts';
import { questionOf, stacks } from './denied/names.ts';
import { grainsOf, unusedOf } from './grains.ts';
import { record, stacksForCalls } from './record.ts';
import { unseen } from './unseen.ts';

/** Everything that is asked of the policies, in figures: for a check outside the tests. */

export interface PolicyCounts {
  /** Calls that were recorded, and are allowed. */
  readonly allowed: number;
  /** Calls that nobody may make, and are denied. */
  readonly denied: number;
  /** Single permissions in the policies. */
  readonly permissions: number;
  /** What is not as it must be, in sentences. */
  readonly wrong: readonly string[];
}

export const countPolicies = async (seeds: number): Promise<PolicyCounts> => {
  const recorder = await record(seeds);
  const [asked, decrypts] = [await recorder.answers(), await recorder.decrypts()];
  const refused = asked.filter(({ allowed }) => !allowed);
  const open: string[] = [];
  for (const one of denied) if ((await ask(stacks[one.in ?? 'home'], questionOf(one))).allowed) open.push(one.why);
  const { home } = stacksForCalls();
  const idle = unusedOf(home, asked).filter((one) => !Object.keys(unseen).some((begin) => one.startsWith(begin)));
  const keys = decrypts.filter(({ granted, allowed }) => !granted || allowed);
  return {
    allowed: asked.length - refused.length,
    denied: denied.length - open.length,
    permissions: grainsOf(home).length,
    wrong: [
      ...refused.map(({ who, question }) => `${who} is denied ${question.action} on ${question.resource}, which it calls`),
      ...open.map((why) => `allowed: ${why}`),
      ...idle.map((one) => `nobody needs ${one}`),
      ...keys.map(() => 'a node decrypts otherwise than by a grant of its own term'),
    ],
  };
};
