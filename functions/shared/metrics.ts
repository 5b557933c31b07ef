import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/**
 * Every metric that Baton writes, by EMF into the namespace `Baton`. All have the dimension `service`, which is the stack's name; one with
 * `by` is split by that dimension too, whose values are few: steps of the workflow, kinds of evidence and of destinations, the first
 * validators of the fleet.
 */
export const metricTable = {
  Done: { unit: MetricUnit.Count, by: 'Step' },
  Failed: { unit: MetricUnit.Count, by: 'Step' },
  StepMs: { unit: MetricUnit.Milliseconds, by: 'Step' },
  WatchRounds: { unit: MetricUnit.Count },
  ProbeMs: { unit: MetricUnit.Milliseconds },
  FleetHealthy: { unit: MetricUnit.Count },
  FleetSuspect: { unit: MetricUnit.Count },
  FleetFailing: { unit: MetricUnit.Count },
  FleetHalted: { unit: MetricUnit.Count },
  FleetUnobservable: { unit: MetricUnit.Count },
  FenceMs: { unit: MetricUnit.Milliseconds, by: 'Evidence' },
  ReleaseToSignatureMs: { unit: MetricUnit.Milliseconds },
  ApprovalWaitMs: { unit: MetricUnit.Milliseconds },
  SurveyDone: { unit: MetricUnit.Count },
  Validators: { unit: MetricUnit.Count },
  ValidatorsPaused: { unit: MetricUnit.Count },
  FleetPaused: { unit: MetricUnit.Count },
  GuardsSilent: { unit: MetricUnit.Count },
  GuardsUnarmed: { unit: MetricUnit.Count },
  StandbysNotReady: { unit: MetricUnit.Count },
  TwoSigners: { unit: MetricUnit.Count },
  NeedsPerson: { unit: MetricUnit.Count },
  ApprovalWaitingSeconds: { unit: MetricUnit.Seconds },
  DrillAgeDays: { unit: MetricUnit.Count },
  AlertTestAgeDays: { unit: MetricUnit.Count },
  AlertTestUnansweredHours: { unit: MetricUnit.Count },
  FencesFailed: { unit: MetricUnit.Count },
  FenceTestAgeHours: { unit: MetricUnit.Count },
  TableUnsafe: { unit: MetricUnit.Count },
  LeaseTerm: { unit: MetricUnit.Count, by: 'Validator' },
  LeasePhase: { unit: MetricUnit.Count, by: 'Validator' },
  Verdict: { unit: MetricUnit.Count, by: 'Validator' },
  RelaySent: { unit: MetricUnit.Count, by: 'Destination' },
  RelayFailed: { unit: MetricUnit.Count, by: 'Destination' },
} as const satisfies Record<string, { unit: (typeof MetricUnit)[keyof typeof MetricUnit]; by?: 'Step' | 'Evidence' | 'Validator' | 'Destination' }>;

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
