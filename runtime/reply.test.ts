import { expect, test } from 'vitest';
import { jsonIn, textOf } from './reply.ts';

test('a reply is read whole, up to its limit in bytes', async () => {
  expect(await textOf(new Response('é😀'), 6)).toBe('é😀');
  await expect(textOf(new Response('é😀x'), 6)).rejects.toThrow('the answer is larger than 6 bytes');
  expect(await textOf(new Response(null), 0)).toBe('');
});

test('pieces are put together before they become text', async () => {
  const [first = 0, ...rest] = Buffer.from('é');
  const stream = new ReadableStream({
    start: (controller) => {
      controller.enqueue(Uint8Array.of(first));
      controller.enqueue(Uint8Array.from(rest));
      controller.close();
    },
  });
  expect(await textOf(new Response(stream), 10)).toBe('é');
});

test.each<[string | undefined, unknown]>([
  ['{"a":1}', { a: 1 }],
  ['null', null],
  ['', undefined],
  ['{', undefined],
  [undefined, undefined],
])('the JSON in %j', (text, value) => {
  expect(jsonIn(text)).toEqual(value);
});
