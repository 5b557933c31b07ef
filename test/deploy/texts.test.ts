import { describe, expect, test } from 'vitest';
import { dashboardFindings } from './dashboard.ts';
import { codesOf } from './finding.ts';
import { scheduleProblem } from './schedule.ts';

/** Texts that CloudFormation hands on unread: schedule expressions and bodies of dashboards. */

describe('schedules', () => {
  test.each([
    'rate(1 minute)',
    'rate(5 minutes)',
    'rate(1 day)',
    'cron(0 10 * * ? *)',
    'cron(0/15 8-17 ? * MON-FRI *)',
    'cron(0 9 L * ? 2027-2030)',
    'cron(30 6 ? JAN,JUL 2#1 *)',
    'cron(5 0 15W * ? *)',
    'at(2027-02-28T23:59:59)',
  ])('%s is one', (expression) => {
    expect(scheduleProblem(expression, true)).toBe(null);
  });
  test.each([
    ['rate(1 minutes)', '1 takes the singular, every other number the plural'],
    ['rate(5 minute)', '1 takes the singular, every other number the plural'],
    ['rate(0 minutes)', 'rate is a positive number and minutes, hours or days'],
    ['rate(30 seconds)', 'rate is a positive number and minutes, hours or days'],
    ['rate(1.5 hours)', 'rate is a positive number and minutes, hours or days'],
    ['cron(0 10 * * ?)', 'cron has 6 fields: minutes hours day-of-month month day-of-week year'],
    ['cron(0 10 * * * *)', 'exactly one of day-of-month and day-of-week must be ?'],
    ['cron(0 10 ? * ? *)', 'exactly one of day-of-month and day-of-week must be ?'],
    ['cron(60 10 * * ? *)', '60 is no minutes'],
    ['cron(0 24 * * ? *)', '24 is no hours'],
    ['cron(0 10 32 * ? *)', '32 is no day of month'],
    ['cron(0 10 * 13 ? *)', '13 is no month'],
    ['cron(0 10 ? * 0 *)', '0 is no day of week'],
    ['cron(0 10 ? * MON#6 *)', 'MON#6 is no day of week'],
    ['cron(10-5 10 * * ? *)', '10-5 is no minutes'],
    ['cron(0/0 10 * * ? *)', '0/0 is no minutes'],
    ['cron(0 10 * * ? 1969)', '1969 is no year'],
    ['at(2027-02-30T00:00:00)', 'at is yyyy-mm-ddThh:mm:ss'],
    ['at(2027-02-28 00:00:00)', 'at is yyyy-mm-ddThh:mm:ss'],
    ['every(1 minute)', 'expected rate(…), cron(…) or at(…)'],
    ['* * * * *', 'expected rate(…), cron(…) or at(…)'],
  ])('%s is none', (expression, problem) => {
    expect(scheduleProblem(expression, true)).toBe(problem);
  });
  test('a rule of EventBridge knows no at', () => {
    expect(scheduleProblem('at(2027-02-28T23:59:59)', false)).toBe('expected rate(…) or cron(…)');
  });
});

describe('dashboards', () => {
  const metric = {
    type: 'metric',
    x: 0,
    y: 0,
    width: 12,
    height: 6,
    properties: { region: 'us-east-1', metrics: [['Baton', 'Done', 'service', 'x']] },
  };
  const found = (...widgets: readonly unknown[]): string[] => codesOf(dashboardFindings('D', JSON.stringify({ widgets })));
  const withMetrics = (metrics: unknown): unknown => ({ ...metric, properties: { region: 'us-east-1', metrics } });
  test('a good one', () => {
    const text = { type: 'text', width: 24, height: 2, properties: { markdown: '# Baton' } };
    const alarms = { type: 'alarm', width: 24, height: 2, properties: { alarms: ['arn:x'] } };
    const lines = [
      ['Baton', 'Done', 'service', 'x', { stat: 'Sum' }],
      ['...', 'y'],
      ['.', 'Failed', '.', '.'],
      [{ expression: 'm1 / 2', label: 'x' }],
    ];
    expect(found(metric, text, alarms, withMetrics(lines))).toEqual([]);
  });
  test.each<[string, unknown, string]>([
    ['a type that is not there', { ...metric, type: 'graph' }, 'WidgetUnknown D.widgets[0]'],
    ['no type', { properties: {} }, 'WidgetUnknown D.widgets[0]'],
    ['beside the page', { ...metric, x: 13 }, 'WidgetPlace D.widgets[0]'],
    ['wider than the page', { ...metric, width: 25 }, 'WidgetPlace D.widgets[0]'],
    ['no height', { ...metric, height: undefined }, 'WidgetPlace D.widgets[0]'],
    ['no Region', { ...metric, properties: { metrics: [['Baton', 'Done']] } }, 'WidgetIncomplete D.widgets[0]'],
    ['no metrics', { ...metric, properties: { region: 'us-east-1' } }, 'WidgetIncomplete D.widgets[0]'],
    ['an empty list of metrics', withMetrics([]), 'WidgetMetrics D.widgets[0]'],
    ['a dimension without a value', withMetrics([['Baton', 'Done', 'service']]), 'WidgetMetrics D.widgets[0]'],
    ['options alone', withMetrics([[{ stat: 'Sum' }]]), 'WidgetMetrics D.widgets[0]'],
    ['a view that is not there', { ...metric, properties: { ...metric.properties, view: 'lines' } }, 'WidgetView D.widgets[0]'],
    ['a text without text', { ...metric, type: 'text', properties: {} }, 'WidgetIncomplete D.widgets[0]'],
  ])('%s', (_, widget, code) => {
    expect(found(widget)).toEqual([code]);
  });
  test('what is no dashboard at all', () => {
    expect(codesOf(dashboardFindings('D', '{"widgets":[}'))).toEqual(['DashboardInvalid D']);
    expect(codesOf(dashboardFindings('D', '{"widgets":[]}'))).toEqual(['DashboardInvalid D']);
    expect(codesOf(dashboardFindings('D', { widgets: [] }))).toEqual(['DashboardInvalid D']);
  });
});
