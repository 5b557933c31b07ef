import { finding, isTree, shown, treeAt, type Finding, type Tree } from './finding.ts';

/** Bodies of dashboards: CloudFormation takes any text there, and the service then refuses it or shows an empty place. */

const columns = 24;
const maxWidgets = 500;
/** Properties that each type cannot do without; of the inner lists, one must be there. */
const needs: Readonly<Record<string, readonly (readonly string[])[]>> = {
  metric: [['metrics', 'annotations'], ['region']],
  text: [['markdown']],
  log: [['query'], ['region']],
  alarm: [['alarms']],
  custom: [['endpoint']],
};
const metricViews = ['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table'];

const isWhole = (value: unknown, from: number, to: number): boolean => Number.isInteger(value) && Number(value) >= from && Number(value) <= to;

const placeFindings = (at: string, widget: Tree): Finding[] => {
  const { x = 0, y = 0, width, height } = widget;
  const fits = isWhole(width, 1, columns) && isWhole(height, 1, 1_000) && isWhole(x, 0, columns - Number(width)) && isWhole(y, 0, 100_000);
  return fits ? [] : [finding('WidgetPlace', at, `x, y, width and height must be whole numbers within ${columns} columns`)];
};

/** One line of `metrics`: [namespace, name, dimension, value, …, options?], or an expression alone. Dots repeat the line above. */
const isMetricLine = (line: unknown): boolean => {
  if (!Array.isArray(line) || line.length === 0) return false;
  const last: unknown = line.at(-1);
  const names: unknown[] = isTree(last) ? line.slice(0, -1) : line;
  if (names.length === 0) return typeof treeAt(last)['expression'] === 'string';
  return names.every((one) => typeof one === 'string' && one !== '') && (names.length % 2 === 0 || names.includes('...'));
};

const widgetFindings = (at: string, widget: Tree): Finding[] => {
  const type = String(widget['type']);
  const needed = needs[type];
  if (!needed) return [finding('WidgetUnknown', at, `there is no widget type ${type}; known: ${Object.keys(needs).join(', ')}`)];
  const properties = treeAt(widget, 'properties');
  const found = placeFindings(at, widget);
  for (const names of needed)
    if (!names.some((name) => properties[name] !== undefined)) found.push(finding('WidgetIncomplete', at, `${type} needs ${names.join(' or ')}`));
  if (type !== 'metric') return found;
  const { metrics, view } = properties;
  if (view !== undefined && !metricViews.includes(shown(view))) found.push(finding('WidgetView', at, `there is no view ${shown(view)}`));
  if (metrics !== undefined && !(Array.isArray(metrics) && metrics.length > 0 && metrics.every(isMetricLine)))
    found.push(finding('WidgetMetrics', at, 'each metric is a list of namespace, name, and dimensions in pairs'));
  return found;
};

/** All that is wrong with a body; its substitutions are filled in already. */
export const dashboardFindings = (at: string, body: unknown): Finding[] => {
  if (typeof body !== 'string') return [finding('DashboardInvalid', at, 'the body must be a text')];
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (cause) {
    return [finding('DashboardInvalid', at, (cause as Error).message)];
  }
  const widgets = treeAt(parsed)['widgets'];
  if (!Array.isArray(widgets) || widgets.length === 0 || widgets.length > maxWidgets)
    return [finding('DashboardInvalid', at, `expected 1 to ${maxWidgets} widgets`)];
  return widgets.flatMap((widget, index) => widgetFindings(`${at}.widgets[${index}]`, treeAt(widget)));
};
