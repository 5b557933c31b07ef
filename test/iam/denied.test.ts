import { describe, expect, test } from 'vitest';
import { ask } from './ask.ts';
import { functions } from './denied/functions.ts';
import { keys } from './denied/keys.ts';
import { questionOf, stacks } from './denied/names.ts';
import { nodes } from './denied/nodes.ts';
import { others } from './denied/others.ts';
import { people } from './denied/people.ts';

/** Calls that nobody may make, each as somebody would make it. */

describe.each([
  ['nodes', nodes],
  ['functions', functions],
  ['keys', keys],
  ['people', people],
  ['others', others],
])('%s', (_, denied) => {
  test.each(denied)('$why', async (one) => {
    expect((await ask(stacks[one.in ?? 'home'], questionOf(one))).allowed).toBe(false);
  });
});
