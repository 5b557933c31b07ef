import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bundleFormat, bundleOf, checkBundle, longestBundle, withoutSecrets, type BundleRecord } from './bundle.ts';
import { canonicalJson, hashOf } from './plan.ts';

const records: BundleRecord[] = [
  { kind: 'validator', content: { validator: 'hub-1', execution: 'hub-1.t1.a' } },
  { kind: 'event', content: { id: 1, type: 'ExecutionStarted' } },
  { kind: 'event', content: { id: 2, type: 'TaskStateEntered' } },
];
const linesOf = (text: string): string[] => text.slice(0, -1).split('\n');
const joined = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
/** Made once for the whole file: were it to fail here, no test would say so. */
const madeOnce = (): { text: string; last: string } => {
  try {
    const { text, last } = bundleOf(records);
    return { text, last };
  } catch {
    return { text: '', last: '' };
  }
};
const { text, last } = madeOnce();
const lines = linesOf(text);
const whyOf = (changed: string): [number | null, string] | null => {
  const found = checkBundle(changed);
  return found.ok ? null : [found.line, found.why];
};
/** The file with other links, each with the hash that it should have. */
const forged = (links: readonly Record<string, unknown>[], head: Record<string, unknown> = {}): string => {
  const all = links.map((link) => ({ ...link, hash: link['hash'] ?? hashOf(link) }));
  const kinds: Record<string, number> = {};
  for (const { kind } of all as { kind?: string }[]) kinds[String(kind)] = (kinds[String(kind)] ?? 0) + 1;
  const first = { format: bundleFormat, records: all.length, kinds, last: all.at(-1)?.hash, ...head };
  return joined([first, ...all].map((one) => canonicalJson(one)));
};

describe('a bundle', () => {
  test('is one line for the head and one for each record', () => {
    expect(lines.length).toBe(4);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ format: 'baton-bundle/1', records: 3, kinds: { validator: 1, event: 2 }, last });
    const before = hashOf('baton-bundle/1');
    const body = { record: 1, kind: 'validator', content: { validator: 'hub-1', execution: 'hub-1.t1.a' }, before };
    expect(JSON.parse(lines[1] ?? '')).toEqual({ ...body, hash: hashOf(body) });
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ record: 2, before: hashOf(body) });
    expect(last).toMatch(/^[a-f0-9]{64}$/);
  });
  test('holds what was put in', () => {
    expect(checkBundle(text)).toEqual({
      ok: true,
      head: { format: 'baton-bundle/1', records: 3, kinds: { validator: 1, event: 2 }, last },
      records,
    });
  });
  test('of no records says nothing', () => {
    expect(whyOf(bundleOf([]).text)).toEqual([1, 'it is no head of format baton-bundle/1']);
  });
});

describe('a check tells', () => {
  const noHead = 'it is no head of format baton-bundle/1';
  const noRecord = 'it is no record of this format';
  test.each<[string, string, [number | null, string]]>([
    ['an empty file', '', [1, noHead]],
    ['no JSON', joined(['baton', ...lines.slice(1)]), [1, noHead]],
    ['another format', text.replace('baton-bundle/1', 'baton-bundle/2'), [1, noHead]],
    ['a head with more in it', text.replace('{"format"', '{"about":1,"format"'), [1, noHead]],
    ['a file that was cut off', text.slice(0, -1), [null, 'its last line does not end: something was cut off']],
    ['a line that was cut off', joined([...lines.slice(0, 3), String(lines[3]).slice(0, -9)]), [4, noRecord]],
    ['a line that is no record', joined([...lines, '{"a":1}']), [5, noRecord]],
    ['an empty line', `${text}\n`, [5, noRecord]],
    ['the same said otherwise', text.replace('{"before"', '{ "before"'), [2, noRecord]],
    ['a field that stands twice', text.replace('{"before"', '{"before":"a","before"'), [2, noRecord]],
    ['a line that is nested too deep', joined([...lines, '['.repeat(100_000) + ']'.repeat(100_000)]), [5, noRecord]],
    ['another content', text.replace('ExecutionStarted', 'ExecutionStopped'), [3, 'its content does not have the hash that it gives']],
    ['another kind', text.replace('"kind":"event"', '"kind":"evens"'), [3, 'its content does not have the hash that it gives']],
    ['the last record gone', joined(lines.slice(0, 3)), [1, 'the head counts 3 records, the file holds 2']],
    ['the records gone', joined(lines.slice(0, 1)), [1, 'the head counts 3 records, the file holds 0']],
    [
      'a record gone',
      joined([...lines.slice(0, 2), ...lines.slice(3)]),
      [3, 'it does not follow the record before it: one was removed, added or moved'],
    ],
    [
      'the first record gone',
      joined([String(lines[0]), ...lines.slice(2)]),
      [2, 'it does not follow the record before it: one was removed, added or moved'],
    ],
    [
      'two records changed about',
      joined([String(lines[0]), String(lines[1]), String(lines[3]), String(lines[2])]),
      [3, 'it does not follow the record before it: one was removed, added or moved'],
    ],
    ['a record twice', joined([...lines, String(lines[3])]), [5, 'it does not follow the record before it: one was removed, added or moved']],
    ['another count', text.replace('"records":3', '"records":4'), [1, 'the head counts 4 records, the file holds 3']],
    [
      'another last hash',
      text.replace(`"last":"${last}"`, `"last":"${'0'.repeat(64)}"`),
      [1, 'the head gives another last hash than the last record has'],
    ],
    ['other counts of kinds', text.replace('"event":2', '"event":3'), [1, 'the head counts other kinds of records than the file holds']],
  ])('%s', (_, changed, why) => {
    expect(whyOf(changed)).toEqual(why);
  });
  test('a file that is too long, before it looks at it', () => {
    expect(whyOf(`${'x'.repeat(longestBundle)}\n`)).toEqual([null, 'it is longer than 64000000 characters']);
    expect(whyOf('x'.repeat(longestBundle))).toEqual([1, noHead]);
  });
  test('a number that is not the place, though all hashes are right', () => {
    const before = hashOf('baton-bundle/1');
    expect(whyOf(forged([{ record: 2, kind: 'event', content: {}, before }]))).toEqual([2, 'it says that it is record 2']);
    expect(whyOf(forged([{ record: 1, kind: 'event', content: {}, before }]))).toBe(null);
  });
  test.each<[string, Record<string, unknown>]>([
    ['content that is no object', { content: [] }],
    ['a kind that is no word', { kind: 'Event' }],
    ['a kind that is too long', { kind: 'e'.repeat(21) }],
    ['a kind that goes on', { kind: 'event 2' }],
    ['no kind', { kind: '' }],
    ['a number below one', { record: 0 }],
    ['a number that is too high', { record: 40_001 }],
    ['half a number', { record: 1.5 }],
    ['a field too many', { note: 'x' }],
    ['a hash before that is none', { before: 'A'.repeat(64) }],
    ['a hash before that is too long', { before: 'a'.repeat(65) }],
    ['a hash that is too long', { hash: 'a'.repeat(65) }],
    ['a hash that begins otherwise', { hash: ` ${'a'.repeat(64)}` }],
  ])('a record with %s', (_, change) => {
    const before = hashOf('baton-bundle/1');
    expect(whyOf(forged([{ record: 1, kind: 'event', content: {}, before, ...change }], { records: 1, kinds: { event: 1 }, last }))).toEqual([
      2,
      noRecord,
    ]);
  });
  test('a kind of one letter and of twenty, and a content of any depth', () => {
    for (const kind of ['e', 'e'.repeat(20)]) expect(whyOf(bundleOf([{ kind, content: { a: [{ b: null }] } }]).text)).toBe(null);
  });
});

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const someRecords = fc.array(fc.record({ kind: word, content: fc.dictionary(word, fc.jsonValue()) }), { minLength: 1, maxLength: 8 });

describe('every single change is found', () => {
  test('any record that is changed, removed, moved, added, or cut off', () => {
    fc.assert(
      fc.property(someRecords, fc.nat(), fc.nat(), word, (some, at, other, letters) => {
        const whole = bundleOf(some).text;
        expect(checkBundle(whole)).toMatchObject({ ok: true });
        const all = linesOf(whole);
        const [one, two] = [at % all.length, other % all.length];
        const removedLine = all.filter((_, index) => index !== one);
        expect(checkBundle(joined(removedLine)).ok).toBe(false);
        expect(checkBundle(joined([...all.slice(0, one), String(all[two]), ...all.slice(one)])).ok).toBe(false);
        const moved = all.with(one, String(all[two])).with(two, String(all[one]));
        expect(checkBundle(joined(moved)).ok).toBe(one === two);
        const cut = 1 + (at % (whole.length - 1));
        expect(checkBundle(whole.slice(0, cut)).ok).toBe(false);
        const place = at % whole.length;
        const swapped = whole.slice(0, place) + letters + whole.slice(place + letters.length);
        expect(checkBundle(swapped).ok).toBe(swapped === whole);
      }),
    );
  });
});

describe('secrets', () => {
  test('go by the names of their fields, whatever is in them', () => {
    const held = {
      token: 'abc',
      taskToken: 'abc',
      TaskToken: 'abc',
      grantToken: 'abc',
      sealed: { node: 'i-1' },
      box: 'abc',
      dataKey: 'abc',
      privateKey: 'abc',
      priv_key: 'abc',
      Plaintext: 'abc',
      secret: 7,
    };
    expect(withoutSecrets(held)).toEqual(Object.fromEntries(Object.keys(held).map((name) => [name, '(removed)'])));
    expect(withoutSecrets({ token: null, tokens: 'abc', nested: [{ Payload: { token: 'abc', term: 2 } }] })).toEqual({
      token: null,
      tokens: 'abc',
      nested: [{ Payload: { token: '(removed)', term: 2 } }],
    });
  });
  test('go from texts that hold JSON, and texts in those', () => {
    const inner = JSON.stringify({ token: 'abc', term: 2 });
    expect(withoutSecrets({ input: ` ${inner}` })).toEqual({ input: '{"token":"(removed)","term":2}' });
    expect(withoutSecrets(JSON.stringify([{ cause: inner }]))).toBe(JSON.stringify([{ cause: '{"token":"(removed)","term":2}' }]));
    for (const other of ['1e3', ' 7', '"\\u0041["']) expect(withoutSecrets(other)).toBe(other);
    expect(withoutSecrets('{ no JSON')).toBe('{ no JSON');
    expect(withoutSecrets('say {"token":"abc"}')).toBe('say {"token":"abc"}');
  });
  test('go by their length, in values and in names', () => {
    const long = 'aZ09_+/=-'.repeat(23);
    expect(long.length).toBe(207);
    expect(withoutSecrets([`It is ${long}.`, `${long} and ${long}`, { [long]: 1 }])).toEqual([
      'It is (removed).',
      '(removed) and (removed)',
      { '(removed)': 1 },
    ]);
    expect(withoutSecrets('a'.repeat(200))).toBe('(removed)');
    expect(withoutSecrets('a'.repeat(199))).toBe('a'.repeat(199));
    expect(withoutSecrets(`{${long}`)).toBe('{(removed)');
  });
  test('leave everything else', () => {
    const value = { a: [1, true, null, 'word', { b: 'x' }], planHash: 'f'.repeat(64) };
    expect(withoutSecrets(value)).toEqual(value);
  });
  test('what is nested deeper than anybody keeps loses its content', () => {
    const deep = (depth: number): unknown => (depth === 0 ? 'x' : [deep(depth - 1)]);
    expect(JSON.stringify(withoutSecrets(deep(40)))).toContain('"x"');
    expect(JSON.stringify(withoutSecrets(deep(41)))).toContain('"(removed)"');
    const fields = (depth: number): unknown => (depth === 0 ? 'x' : { a: fields(depth - 1) });
    expect(JSON.stringify(withoutSecrets(fields(40)))).toContain('"x"');
    expect(JSON.stringify(withoutSecrets(fields(41)))).toContain('"(removed)"');
    const texts = (depth: number): unknown => (depth === 0 ? 'x' : JSON.stringify([texts(depth - 1)]));
    expect(withoutSecrets(texts(5))).toBe(texts(5));
  });
  test('in texts within texts count as deep too', () => {
    let text = '"x"';
    for (let depth = 0; depth < 41; depth += 1) text = `[${depth === 20 ? JSON.stringify(`[${text}]`) : text}]`;
    expect(JSON.stringify(withoutSecrets(text))).toContain('(removed)');
  });
});
