import type { Alarm, CompositeAlarm, Metric, MetricAlarm } from './definition.ts';
import { seriesOf, type EmptyFill, type TimeSeries } from './math.ts';
import { stateAfter, type State } from './metric-state.ts';
import { childrenOf, holds } from './rule.ts';
import { aggregate, UnknownToEvaluator, type Datum } from './statistics.ts';
import { suppress, unsuppressed, type Suppression } from './suppression.ts';

/** Plays metrics, minute by minute, against alarms: what state each is in after each minute, and whom it tells. */

/** What AWS leaves open. The documented example reads two points more than the evaluation periods. */
export interface Open {
  readonly extraPoints: number;
  readonly emptyFill: EmptyFill;
}

export const documented: Open = { extraPoints: 2, emptyFill: 'fills' };

/** Samples by metric and minute, from minute 0; nothing before, and nothing after the end of each list. */
export type Feed = ReadonlyMap<string, readonly Datum[]>;

export interface Told {
  readonly minute: number;
  readonly alarm: string;
  readonly state: State;
  readonly actions: readonly string[];
}

export interface Played {
  readonly states: ReadonlyMap<string, readonly State[]>;
  readonly told: readonly Told[];
}

/** A metric is its namespace, its name, and exactly these dimensions. */
export const keyOfMetric = ({ namespace, name, dimensions }: Pick<Metric, 'namespace' | 'name' | 'dimensions'>): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

const rangeOf = (metric: Metric, feed: Feed, alarm: MetricAlarm, minute: number, open: Open): TimeSeries => {
  const data = feed.get(keyOfMetric(metric)) ?? [];
  const each = alarm.periodSeconds / 60;
  const points = alarm.judge.evaluationPeriods + open.extraPoints;
  return Array.from({ length: points }, (_, at) => {
    // The window slides: its last period ends with this minute.
    const from = minute + 1 - (points - at) * each;
    return aggregate(metric.statistic, data.slice(Math.max(0, from), Math.max(0, from + each)));
  });
};

const metricState = (alarm: MetricAlarm, feed: Feed, minute: number, before: State, open: Open): State => {
  const metrics = alarm.metrics.map((metric) => ({ id: metric.id, points: rangeOf(metric, feed, alarm, minute, open) }));
  const points = seriesOf(alarm.returned, { metrics, expressions: alarm.expressions, emptyFill: open.emptyFill });
  return stateAfter(alarm.judge, points, before);
};

/** Composites after what they look at. @throws UnknownToEvaluator for a circle, where CloudWatch stops evaluating. */
const inOrder = (alarms: readonly Alarm[]): Alarm[] => {
  const byName = new Map(alarms.map((alarm) => [alarm.name, alarm]));
  const ordered: Alarm[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    const alarm = byName.get(name);
    if (!alarm) throw new UnknownToEvaluator(`alarm ${name}`);
    if (path.includes(name)) throw new UnknownToEvaluator(`a circle of alarms: ${[...path, name].join(' → ')}`);
    if (ordered.includes(alarm)) return;
    const seen = alarm.kind === 'composite' ? [...childrenOf(alarm.rule), ...(alarm.suppressor ? [alarm.suppressor.alarm] : [])] : [];
    for (const child of seen) visit(child, [...path, name]);
    ordered.push(alarm);
  };
  for (const { name } of alarms) visit(name, []);
  return ordered;
};

const actionsAt = (alarm: Alarm, state: State): readonly string[] => {
  if (!alarm.enabled) return [];
  return state === 'ALARM' ? alarm.alarm : state === 'OK' ? alarm.ok : [];
};

const compositeState = (alarm: CompositeAlarm, now: ReadonlyMap<string, State>): State =>
  holds(alarm.rule, (name) => now.get(name) ?? 'INSUFFICIENT_DATA') ? 'ALARM' : 'OK';

/** Every alarm begins without enough data, as a new one does. */
export const play = (alarms: readonly Alarm[], feed: Feed, minutes: number, open: Open = documented): Played => {
  const ordered = inOrder(alarms);
  const now = new Map<string, State>();
  const states = new Map<string, State[]>(alarms.map(({ name }) => [name, []]));
  const suppressions = new Map<string, Suppression>();
  const told: Told[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    for (const alarm of ordered) {
      const before = now.get(alarm.name) ?? 'INSUFFICIENT_DATA';
      const state = alarm.kind === 'metric' ? metricState(alarm, feed, minute, before, open) : compositeState(alarm, now);
      now.set(alarm.name, state);
      states.get(alarm.name)?.push(state);
      let act = state !== before;
      if (alarm.kind === 'composite' && alarm.suppressor) {
        const suppressor = now.get(alarm.suppressor.alarm) as State;
        const look = { seconds: (minute + 1) * 60, composite: state, suppressor };
        const stepped = suppress(suppressions.get(alarm.name) ?? unsuppressed, look, alarm.suppressor.periods);
        suppressions.set(alarm.name, stepped.after);
        act = stepped.act;
      }
      const actions = act ? actionsAt(alarm, state) : [];
      if (actions.length > 0) told.push({ minute, alarm: alarm.name, state, actions });
    }
  }
  return { states, told };
};
