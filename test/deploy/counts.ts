import { checkAlarms } from '../alarms/run.ts';
import { countPolicies } from '../iam/counts.ts';
import { finding, type Finding } from './finding.ts';

/** What other suites hold the same template to. */

export interface Counted {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
}

/** The alarms of the template through the recorded series. */
export const countAlarms = (): Counted => {
  const { alarms, series, wrong } = checkAlarms();
  return { findings: wrong.map((sentence) => finding('AlarmWrong', 'alarms', sentence)), counts: { alarms, series } };
};

const seeds = 40;

/** The policies, asked about every call that is really made and about those that nobody may make. */
export const countPermissions = async (): Promise<Counted> => {
  const { allowed, denied, wrong } = await countPolicies(seeds);
  return {
    findings: wrong.map((sentence) => finding('PolicyWrong', 'permissions', sentence)),
    counts: { policiesAllowed: allowed, policiesDenied: denied },
  };
};
