import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonBy } from './json.ts';

const schema = z.object({ a: z.number() });

test.each<[string, string | undefined, unknown]>([
  ['of the shape', '{"a":1,"b":2}', { a: 1 }],
  ['of another shape', '{"a":"1"}', undefined],
  ['no JSON', '{"a":', undefined],
  ['no text', undefined, undefined],
])('%s', (_, text, value) => {
  expect(jsonBy(schema, text)).toEqual(value);
});
