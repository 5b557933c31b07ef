import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { durationMs } from '../core/time.ts';
import { botToken, channel, signingSecret, team } from '../test/support/slack.ts';
import { VirtualClock } from '../test/support/virtual-clock.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { SlackParameter } from './slack-settings.ts';

const name = '/baton/slack';
const settings = { signingSecrets: [signingSecret], botToken, team, channel };
const holding = (value: unknown): Answer => ({ Parameter: { Name: name, Value: typeof value === 'string' ? value : JSON.stringify(value) } });
const parameterWith = (answer: (index: number) => Answer, of: { name?: string } = {}) => {
  const { sent, options } = wired((_, index) => answer(index));
  const clock = new VirtualClock();
  const parameter = new SlackParameter({ client: new SSMClient(options), name: of.name ?? name, clock });
  return { sent, clock, parameter };
};
const wait = (clock: VirtualClock, ms: number): Promise<void> => clock.run(clock.sleep(durationMs(ms)));

describe('the parameter', () => {
  test('is read decrypted, by its name', async () => {
    const { sent, parameter } = parameterWith(() => holding(settings));
    const signal = someSignal();
    expect(await parameter.read(signal)).toEqual(settings);
    expect(sent).toEqual([{ action: 'GetParameter', input: { Name: name, WithDecryption: true }, signal }]);
  });
  test('is read again after a minute, so that a new secret counts', async () => {
    const next = { ...settings, signingSecrets: ['next-secret-0123456789', signingSecret] };
    const { sent, clock, parameter } = parameterWith((index) => holding(index === 0 ? settings : next));
    await parameter.read();
    await wait(clock, 59_999);
    expect([await parameter.read(), sent.length]).toEqual([settings, 1]);
    await wait(clock, 1);
    expect([await parameter.read(), sent.length]).toEqual([next, 2]);
  });
  test('that is not there is no Slack, for a minute', async () => {
    const { sent, clock, parameter } = parameterWith((index) => (index === 0 ? new Refusal('ParameterNotFound') : holding(settings)));
    expect([await parameter.read(), await parameter.read(), sent.length]).toEqual([null, null, 1]);
    await wait(clock, 60_000);
    expect(await parameter.read()).toEqual(settings);
  });
  test('is not asked for where the stack has no Slack', async () => {
    const { sent, parameter } = parameterWith(() => holding(settings), { name: '' });
    expect([await parameter.read(), sent.length]).toEqual([null, 0]);
  });
  test.each<[string, Answer, string]>([
    ['refused', new Refusal('AccessDeniedException'), 'AccessDeniedException'],
    ['lost', new Error('socket hang up'), 'Error'],
  ])('that is %s says nothing, and is asked for again', async (_, answer, kind) => {
    const { sent, parameter } = parameterWith((index) => (index === 0 ? answer : holding(settings)));
    await expect(parameter.read()).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `parameter /baton/slack gives no answer: ${kind}`,
      fix: 'Press again; or answer with baton approve or baton deny.',
      cause: expect.objectContaining({ name: kind }) as Error,
    });
    expect([await parameter.read(), sent.length]).toEqual([settings, 2]);
  });
});

describe('what it holds', () => {
  const fix = 'Put the parameter again as docs/slack.md says.';
  test.each<[string, unknown, string]>([
    ['no JSON', `xoxb-${'s'.repeat(30)}`, 'parameter /baton/slack is not JSON'],
    ['nothing', '', 'parameter /baton/slack is not JSON'],
    ['a text', JSON.stringify(`xoxb-${'s'.repeat(30)}`), 'parameter /baton/slack: the whole is not as expected'],
    ['one field more', { ...settings, xoxb: 1 }, 'parameter /baton/slack: the whole is not as expected'],
    ['no secret', { ...settings, signingSecrets: [] }, 'parameter /baton/slack: signingSecrets is not as expected'],
    [
      'three secrets',
      { ...settings, signingSecrets: ['a', 'b', 'c'].map((one) => one.repeat(16)) },
      'parameter /baton/slack: signingSecrets is not as expected',
    ],
    ['an empty secret', { ...settings, signingSecrets: [''] }, 'parameter /baton/slack: signingSecrets.0 is not as expected'],
    ['a short secret', { ...settings, signingSecrets: ['s'.repeat(15)] }, 'parameter /baton/slack: signingSecrets.0 is not as expected'],
    ['a long secret', { ...settings, signingSecrets: ['s'.repeat(129)] }, 'parameter /baton/slack: signingSecrets.0 is not as expected'],
    [
      'a secret with a new line',
      { ...settings, signingSecrets: [`${signingSecret}\n`] },
      'parameter /baton/slack: signingSecrets.0 is not as expected',
    ],
    ['a secret after a space', { ...settings, signingSecrets: [` ${signingSecret}`] }, 'parameter /baton/slack: signingSecrets.0 is not as expected'],
    ['a token of a person', { ...settings, botToken: botToken.replace('xoxb', 'xoxp') }, 'parameter /baton/slack: botToken is not as expected'],
    ['a token after a space', { ...settings, botToken: ` ${botToken}` }, 'parameter /baton/slack: botToken is not as expected'],
    ['a token with a new line', { ...settings, botToken: `${botToken}\r\n` }, 'parameter /baton/slack: botToken is not as expected'],
    ['a short token', { ...settings, botToken: `xoxb-${'1'.repeat(9)}` }, 'parameter /baton/slack: botToken is not as expected'],
    ['a long token', { ...settings, botToken: `xoxb-${'1'.repeat(251)}` }, 'parameter /baton/slack: botToken is not as expected'],
    ['no team', { ...settings, team: undefined }, 'parameter /baton/slack: team is not as expected'],
    ['the name of a channel', { ...settings, channel: '#failovers' }, 'parameter /baton/slack: channel is not as expected'],
  ])('%s is refused, and nothing of it is told', async (_, value, message) => {
    const { parameter } = parameterWith(() => holding(value));
    const error: unknown = await parameter.read().catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'ConfigInvalid', message, field: name, fix });
    expect((error as Error).cause).toBeUndefined();
  });
  test('may be at its limits', async () => {
    const widest = { ...settings, signingSecrets: ['s'.repeat(16), '~'.repeat(128)], botToken: `xoxb-${'z'.repeat(250)}` };
    expect(await parameterWith(() => holding(widest)).parameter.read()).toEqual(widest);
    const shortest = { ...settings, botToken: 'xoxb-0123456789' };
    expect(await parameterWith(() => holding(shortest)).parameter.read()).toEqual(shortest);
  });
  test('is nothing when the answer holds no parameter', async () => {
    await expect(parameterWith(() => ({})).parameter.read()).rejects.toMatchObject({ message: 'parameter /baton/slack is not JSON' });
  });
});
