import { checkAlarms } from '../alarms/run.ts';
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
