import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { durationMs } from '../core/time.ts';
import { VirtualClock } from '../test/support/virtual-clock.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { SecretParameter } from './parameter.ts';

const name = '/baton/relay';
const fix = 'Put the parameter again as docs/alerts.md says.';
const schema = z.strictObject({ all: z.array(z.strictObject({ key: z.string().length(8) })) });
const good = { all: [{ key: 'SECRET00' }] };
const holding = (value: unknown): Answer => ({ Parameter: { Name: name, Value: typeof value === 'string' ? value : JSON.stringify(value) } });
const parameterWith = (answer: (index: number) => Answer) => {
  const { sent, options } = wired((_, index) => answer(index));
  const clock = new VirtualClock();
  return { sent, clock, parameter: new SecretParameter({ client: new SSMClient(options), name, schema, clock, fix }) };
};
const wait = (clock: VirtualClock, ms: number): Promise<void> => clock.run(clock.sleep(durationMs(ms)));

describe('the parameter', () => {
  test('is read decrypted, by its name', async () => {
    const { sent, parameter } = parameterWith(() => holding(good));
    const signal = someSignal();
    expect(await parameter.read(signal)).toEqual(good);
    expect(sent).toEqual([{ action: 'GetParameter', input: { Name: name, WithDecryption: true }, signal }]);
  });
  test('is read again after a minute, so that a new secret counts', async () => {
    const next = { all: [] };
    const { sent, clock, parameter } = parameterWith((index) => holding(index === 0 ? good : next));
    await parameter.read();
    await wait(clock, 59_999);
    expect([await parameter.read(), sent.length]).toEqual([good, 1]);
    await wait(clock, 1);
    expect([await parameter.read(), sent.length]).toEqual([next, 2]);
  });
  test.each<[string, Answer, string]>([
    ['refused', new Refusal('AccessDeniedException'), 'AccessDeniedException'],
    ['lost', new Error('socket hang up'), 'Error'],
  ])('that is %s says nothing, and is asked for again', async (_, answer, kind) => {
    const { sent, parameter } = parameterWith((index) => (index === 0 ? answer : holding(good)));
    await expect(parameter.read()).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `parameter /baton/relay gives no answer: ${kind}`,
      field: name,
      fix,
      cause: expect.objectContaining({ name: kind }) as Error,
    });
    expect([await parameter.read(), sent.length]).toEqual([good, 2]);
  });
});

describe('what it holds', () => {
  test.each<[string, Answer, string]>([
    ['is not there', new Refusal('ParameterNotFound'), 'parameter /baton/relay is not there'],
    ['no JSON', holding('SECRET00'), 'parameter /baton/relay is not JSON'],
    ['nothing', {}, 'parameter /baton/relay is not JSON'],
    ['a text', holding('"SECRET00"'), 'parameter /baton/relay: the whole is not as expected'],
    ['one field more', holding({ ...good, SECRET00: 1 }), 'parameter /baton/relay: the whole is not as expected'],
    ['a wrong field', holding({ all: [{ key: 'SECRET00' }, { key: 'SECRET000' }] }), 'parameter /baton/relay: all.1.key is not as expected'],
  ])('is told by the name of the field alone: %s', async (_, answer, message) => {
    const failure: unknown = await parameterWith(() => answer)
      .parameter.read()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ConfigInvalid', message, field: name, fix });
    expect(failure).not.toHaveProperty('cause');
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('SECRET00');
  });
});
