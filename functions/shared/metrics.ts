import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/**
 * Every metric that Baton writes, by EMF into the namespace `Baton`. All have the dimension `service`, which is the stack's name; one with
 * `by` is split by that dimension too, whose values are few: steps of the workflow, kinds of evidence and of destinations, the first
 * validators of the fleet. One that is `calm` is 0 while all is well, and is paid for only in the hours in which it is told.
 */
export const metricTable = {
  Done: { unit: MetricUnit.Count, by: 'Step' },
  Failed: { unit: MetricUnit.Count, by: 'Step' },
  StepMs: { unit: MetricUnit.Milliseconds, by: 'Step' },
  WatchRounds: { unit: MetricUnit.Count },
  ProbeMs: { unit: MetricUnit.Milliseconds },
  FleetHealthy: { unit: MetricUnit.Count },
  FleetSuspect: { unit: MetricUnit.Count, calm: true },
  FleetFailing: { unit: MetricUnit.Count },
  FleetHalted: { unit: MetricUnit.Count, calm: true },
  FleetUnobservable: { unit: MetricUnit.Count },
  FenceMs: { unit: MetricUnit.Milliseconds, by: 'Evidence' },
  ReleaseToSignatureMs: { unit: MetricUnit.Milliseconds },
  ApprovalWaitMs: { unit: MetricUnit.Milliseconds },
  SurveyDone: { unit: MetricUnit.Count },
  Validators: { unit: MetricUnit.Count },
  ValidatorsPaused: { unit: MetricUnit.Count, calm: true },
  FleetPaused: { unit: MetricUnit.Count, calm: true },
  GuardsSilent: { unit: MetricUnit.Count, calm: true },
  GuardsUnarmed: { unit: MetricUnit.Count, calm: true },
  StandbysNotReady: { unit: MetricUnit.Count, calm: true },
  TwoSigners: { unit: MetricUnit.Count, calm: true },
  NeedsPerson: { unit: MetricUnit.Count, calm: true },
  ApprovalWaitingSeconds: { unit: MetricUnit.Seconds, calm: true },
  DrillAgeDays: { unit: MetricUnit.Count },
  AlertTestAgeDays: { unit: MetricUnit.Count },
  AlertTestUnansweredHours: { unit: MetricUnit.Count },
  FencesFailed: { unit: MetricUnit.Count },
  FenceTestAgeHours: { unit: MetricUnit.Count },
  TableUnsafe: { unit: MetricUnit.Count, calm: true },
  LeaseTerm: { unit: MetricUnit.Count, by: 'Validator' },
  LeasePhase: { unit: MetricUnit.Count, by: 'Validator', calm: true },
  Verdict: { unit: MetricUnit.Count, by: 'Validator', calm: true },
  RelaySent: { unit: MetricUnit.Count, by: 'Destination' },
  RelayFailed: { unit: MetricUnit.Count, by: 'Destination' },
} as const satisfies Record<
  string,
  { unit: (typeof MetricUnit)[keyof typeof MetricUnit]; by?: 'Step' | 'Evidence' | 'Validator' | 'Destination'; calm?: true }
>;

type Table = typeof metricTable;
export type MetricName = keyof Table;
export type SplitMetric = { [K in MetricName]: Table[K] extends { by: string } ? K : never }[MetricName];
export type PlainMetric = Exclude<MetricName, SplitMetric>;

/** Notes figures; they leave with `flush`. */
export interface Measure {
  add(name: PlainMetric, value: number): void;
  /** @param by which step, evidence, validator or kind of destination. */
  split(name: SplitMetric, by: string, value: number): void;
  flush(): void;
}

/** So many zeros end what was not well. */
const zerosTold = 5;

/**
 * Leaves out the zeros of what is calm, but for the first ones of a process and those after something else: its alarms keep their state when it is
 * silent, and whether anybody looks is told by WatchRounds and SurveyDone.
 */
export const sparing = (measure: Measure): Measure => {
  const zeros = new Map<string, number>();
  const isTold = (name: MetricName, by: string, value: number): boolean => {
    if (!('calm' in metricTable[name])) return true;
    const key = `${name} ${by}`;
    const count = value === 0 ? (zeros.get(key) ?? 0) + 1 : 0;
    zeros.set(key, count);
    return count <= zerosTold;
  };
  return {
    add: (name, value) => {
      if (isTold(name, '', value)) measure.add(name, value);
    },
    split: (name, by, value) => {
      if (isTold(name, by, value)) measure.split(name, by, value);
    },
    flush: () => {
      measure.flush();
    },
  };
};

/** Figures as EMF lines in the function's log. Namespace and service come from the environment that the template sets. */
export const emf = (): Measure => {
  const metrics = new Metrics({ namespace: 'Baton' });
  return {
    add: (name, value) => {
      metrics.addMetric(name, metricTable[name].unit, value);
    },
    split: (name, by, value) => {
      const single = metrics.singleMetric();
      single.addDimension(metricTable[name].by, by);
      single.addMetric(name, metricTable[name].unit, value);
    },
    flush: () => {
      metrics.publishStoredMetrics();
    },
  };
};
