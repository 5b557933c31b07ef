import { describe, expect, test } from 'vitest';
import { alarmOf, snsOf } from '../test/support/sns.ts';
import { alertOf, cut } from './alert.ts';

const id = '95df01b4-ee98-5cb9-9903-4c221d41eb5e';
const common = { id, at: '2026-11-28T04:00:00.123Z', stack: 'baton' };
const consoleUrl = 'https://eu-central-1.console.aws.amazon.com';

describe('a notice', () => {
  test.each([
    ['waiting', 'error', false],
    ['answered', 'info', true],
    ['trouble', 'critical', false],
    ['ended', 'critical', false],
  ] as const)('of kind %s about an execution is %s, over: %s', (kind, severity, over) => {
    expect(alertOf(snsOf({ message: 'm' }, { kind, validator: 'hub-1', execution: 'hub-1.t7.0a1b2c3d' }), 'baton')).toEqual({
      ...common,
      kind,
      over,
      severity,
      subject: 'Baton: hub-1 is halted',
      text: 'm',
      validator: 'hub-1',
      execution: 'hub-1.t7.0a1b2c3d',
      key: 'baton:execution:hub-1.t7.0a1b2c3d',
      links: [
        {
          href: [
            consoleUrl,
            '/states/home#/v2/executions/details/',
            'arn%3Aaws%3Astates%3Aeu-central-1%3A123456789012%3Aexecution%3Abaton-failover%3Ahub-1.t7.0a1b2c3d',
          ].join(''),
          text: 'The execution in the console',
        },
      ],
    });
  });
  test('about a validator alone is kept together with all of that validator', () => {
    const found = alertOf(snsOf({}, { kind: 'trouble', validator: 'hub-1' }), 'baton');
    expect([found.key, found.links]).toEqual(['baton:validator:hub-1', []]);
  });
  test('about nothing stands for itself', () => {
    expect(alertOf(snsOf({}, { kind: 'trouble' }), 'baton').key).toBe(`baton:message:${id}`);
  });
  test.each([
    [{ kind: 'test' }, `baton:test:${id}`],
    [{ kind: 'test', test: '0a1b2c3d4e5f6071', validator: 'hub-1' }, 'baton:test:0a1b2c3d4e5f6071'],
  ])('of a test %j is apart from everything else', (attributes, key) => {
    expect(alertOf(snsOf({}, attributes), 'baton')).toMatchObject({ kind: 'test', severity: 'info', over: false, key });
  });
  test('keeps no attribute that is too long to be what it says', () => {
    const found = alertOf(snsOf({}, { kind: 'trouble', validator: 'v'.repeat(41), execution: 'e'.repeat(81) }), 'baton');
    expect([found.validator, found.execution, found.key]).toEqual([undefined, undefined, `baton:message:${id}`]);
  });
});

describe('an alarm', () => {
  test('that rings', () => {
    expect(alertOf(alarmOf('baton-ValidatorNeedsHuman'), 'baton')).toEqual({
      ...common,
      kind: 'alarm',
      over: false,
      severity: 'critical',
      subject: 'ALARM: baton-ValidatorNeedsHuman',
      text: 'baton status - Something needs a person now.\n\nThe rule is true.',
      alarm: 'baton-ValidatorNeedsHuman',
      key: 'baton:alarm:baton-ValidatorNeedsHuman',
      links: [{ href: `${consoleUrl}/cloudwatch/home#alarmsV2:alarm/baton-ValidatorNeedsHuman`, text: 'The alarm in the console' }],
    });
  });
  test('that is green again is over, under the same key', () => {
    const [rings, green] = [alarmOf('baton-ValidatorNeedsHuman'), alarmOf('baton-ValidatorNeedsHuman', 'OK')].map((one) => alertOf(one, 'baton'));
    expect([green?.over, green?.key, green?.subject]).toEqual([true, rings?.key, 'OK: baton-ValidatorNeedsHuman']);
  });
  test.each([
    ['baton-TwoSignersSuspected', 'critical'],
    ['baton-FleetNeedsCare', 'warning'],
    ['other-ValidatorNeedsHuman', 'error'],
    ['disk full', 'error'],
  ])('%s is %s', (name, severity) => {
    expect(alertOf(alarmOf(name), 'baton')).toMatchObject({ alarm: name, severity });
  });
  test('without data is not over', () => {
    expect(alertOf(alarmOf('baton-DeadLetters', 'INSUFFICIENT_DATA'), 'baton').over).toBe(false);
  });
  test('is one also without a word of why', () => {
    const message = JSON.stringify({ AlarmName: 'a', NewStateValue: 'ALARM', AlarmDescription: null, NewStateReason: '' });
    expect(alertOf(snsOf({ message }), 'baton').text).toBe('a is ALARM.');
  });
});

describe('a message that is neither', () => {
  test.each(['Somebody typed this.', '{"AlarmName":"a"}', '[]', 'null', '{'])('is passed on as it is: %s', (message) => {
    expect(alertOf(snsOf({ message }, { kind: 'shout' }), 'baton')).toMatchObject({
      kind: 'other',
      severity: 'warning',
      over: false,
      text: message,
      key: `baton:message:${id}`,
    });
  });
  test.each([
    [null, 'First line\nsecond', 'First line'],
    ['  ', 'First line', 'First line'],
    [null, '  ', 'baton: a message without words'],
  ])('with the subject %j has one all the same', (subject, message, shown) => {
    expect(alertOf(snsOf({ subject, message }), 'baton').subject).toBe(shown);
  });
  test.each([{}, { kind: 'ended' }])('without words has those of its subject', (attributes) => {
    expect(alertOf(snsOf({ subject: 'Look', message: ' ' }, attributes), 'baton').text).toBe('Look');
  });
});

describe('lengths', () => {
  test('are bounded, and no character is cut in two', () => {
    expect([cut('abc', 3), cut('abcd', 3), cut('a😀b', 3), cut('\uD83D', 5)]).toEqual(['abc', 'ab…', 'a…', '\uFFFD']);
    expect(cut('a\u0000b\tc\nd\r\u001Be\u007F', 20)).toBe('a b\tc\nd  e ');
    const found = alertOf(snsOf({ message: '😀'.repeat(100_000) }, { kind: 'ended' }), 'baton');
    expect([found.text.length, found.text.isWellFormed()]).toEqual([5_999, true]);
  });
  test('of keys are bounded, and two long ones stay apart', () => {
    const keys = ['a', 'b'].map((end) => alertOf(alarmOf('n'.repeat(254) + end), 'baton').key);
    expect(keys.map((key) => key.length)).toEqual([255, 255]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});
