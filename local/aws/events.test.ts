import { describe, expect, test } from 'vitest';
import { deploymentOf } from '../deployment.ts';
import { templateFile } from '../lambda/bundle.ts';
import { alarmEvent, endEvent, matches, targetsOf } from './events.ts';

const deployment = deploymentOf(templateFile, {});
const event = (alarm: string) =>
  alarmEvent({ id: 'e-1', alarm, region: 'us-east-1', account: '123456789012', at: '2026-11-25T04:00:00Z', reason: 'Threshold crossed.' });

describe('an alarm’s event', () => {
  test('goes to start-on-alarm when the alarm is named for a validator', () => {
    expect(targetsOf(deployment, event('baton-failover-hub-1'))).toEqual(['baton-start-on-alarm']);
  });
  test.each(['baton-WatcherSilent', 'failover-hub-1', 'other-failover-hub-1'])('goes nowhere when it is named %s', (alarm) => {
    expect(targetsOf(deployment, event(alarm))).toEqual([]);
  });
  test('goes nowhere when the alarm is well again', () => {
    const well = structuredClone(event('baton-failover-hub-1')) as { detail: { state: { value: string } } };
    well.detail.state.value = 'OK';
    expect(targetsOf(deployment, well as never)).toEqual([]);
  });
});

describe('the end of an execution', () => {
  const withSlack = deploymentOf(templateFile, { SlackEnabled: 'true' });
  const machine = 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover';
  const end = (status: string, stateMachineArn = machine) =>
    endEvent({
      id: 'e-1',
      region: 'us-east-1',
      account: '123456789012',
      at: '2026-11-25T04:00:00Z',
      detail: { executionArn: 'arn:x', stateMachineArn, name: 'hub-1.t1.e', status },
    });
  test.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'])('%s goes to announce, where there is Slack', (status) => {
    expect([targetsOf(withSlack, end(status)), targetsOf(deployment, end(status))]).toEqual([['baton-announce'], []]);
  });
  test('goes nowhere when it has not ended, or is of another state machine', () => {
    expect([targetsOf(withSlack, end('RUNNING')), targetsOf(withSlack, end('FAILED', `${machine}-2`))]).toEqual([[], []]);
  });
});

test('a pattern that is not known here is refused, not ignored', () => {
  expect(() => matches({ a: [{ suffix: 'x' }] }, { a: 'x' })).toThrow('the pattern {"suffix":"x"} is not known here');
  expect(matches({ a: { b: ['x'] } }, { a: 'x' })).toBe(false);
});
