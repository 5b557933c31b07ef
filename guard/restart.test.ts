import { expect, test } from 'vitest';
import { v } from '../test/support/core.ts';
import { never } from '../test/support/deps.ts';
import { restart, type Restart } from './restart.ts';

const near: Restart['driver'] = { restartQuietly: async () => 'At 5.', cancelRestart: async () => 'Not at 5.' };
const asked = (how: string, driver: Restart['driver'] = near) => restart({ config: { validator: v, chain: { kind: 'near' } }, how, driver }, never);

test('tells what the validator will do', async () => {
  expect([await asked('quietly'), await asked('cancel')]).toEqual(['At 5.', 'Not at 5.']);
});
test.each<[string, string, Restart['driver'], string]>([
  ['what is neither', 'now', near, '--restart now: expected quietly or cancel'],
  ['a chain that has no such thing', 'quietly', {}, 'a validator of kind near does not restart by itself at a height'],
  ['a chain that cannot take it back', 'cancel', {}, 'a validator of kind near does not restart by itself at a height'],
  [
    'what did not come about',
    'quietly',
    { restartQuietly: () => Promise.reject(new Error('none is long enough')) },
    'no restart is planned: none is long enough',
  ],
])('refuses %s', async (_, how, driver, message) => {
  await expect(asked(how, driver)).rejects.toMatchObject({ name: 'GuardRefused', message });
});
