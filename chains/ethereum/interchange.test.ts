import { describe, expect, test } from 'vitest';
import { historyOf } from './eip3076.ts';
import { isInterchange, markOfExport, markOfInterchange, readInterchange, writeInterchange } from './interchange.ts';
import type { EthereumMark } from './mark.ts';

const chain = `0x${'0a'.repeat(32)}`;
const [first, second] = [`0x${'b8'.repeat(48)}`, `0x${'b9'.repeat(48)}`];
const floor: EthereumMark = { kind: 'eip3076', slot: 10, source: 1, target: 2 };
const root = `0x${'4f'.repeat(32)}`;

/** The complete example of EIP-3076, with the chain and keys of this test. */
const example = {
  metadata: { interchange_format_version: '5', genesis_validators_root: chain },
  data: [
    {
      pubkey: first,
      signed_blocks: [{ slot: '81952', signing_root: root }, { slot: '81951' }],
      signed_attestations: [
        { source_epoch: '2290', target_epoch: '3007', signing_root: root },
        { source_epoch: '2290', target_epoch: '3008' },
      ],
    },
  ],
};
const withPart = (change: (copy: typeof example) => void): string => {
  const copy = structuredClone(example);
  change(copy);
  return JSON.stringify(copy);
};

describe('an export is read', () => {
  test('as the highest messages of each key', () => {
    expect([...readInterchange(JSON.stringify(example), chain)]).toEqual([
      [first, { block: { slot: 81952, signingRoot: root }, vote: { source: 2290, target: 3008, signingRoot: null } }],
    ]);
  });
  test('with a key that stands twice as one', () => {
    const text = withPart(({ data }) =>
      data.push({ pubkey: first.toUpperCase().replace('0X', '0x'), signed_blocks: [{ slot: '90000' }], signed_attestations: [] }),
    );
    expect(readInterchange(text, chain).get(first)?.block).toEqual({ slot: 90000, signingRoot: null });
  });
  test.each([
    ['nothing', '', 'is not JSON'],
    ['null', 'null', 'has no valid content'],
    ['a chain that is an object', '{"metadata":{"genesis_validators_root":{"toString":"99"}}}', 'has no valid metadata'],
    ['no data', '{}', 'has no valid metadata'],
    ['another version', withPart(({ metadata }) => (metadata.interchange_format_version = '4')), 'has no valid metadata.interchange_format_version'],
    ['another chain', withPart(({ metadata }) => (metadata.genesis_validators_root = root)), `is of chain ${root}`],
    [
      'a number that is no text',
      withPart(({ data }) => ((data[0] as { signed_blocks: unknown }).signed_blocks = [{ slot: 5 }])),
      'data.0.signed_blocks.0.slot',
    ],
    [
      'a number no machine counts to',
      withPart(({ data }) => ((data[0] as { signed_blocks: unknown }).signed_blocks = [{ slot: '9999999999999999' }])),
      'slot',
    ],
    ['no votes', withPart(({ data }) => delete (data[0] as { signed_attestations?: unknown }).signed_attestations), 'data.0.signed_attestations'],
    [
      'a source above its target',
      withPart(({ data }) => data[0]?.signed_attestations.push({ source_epoch: '9', target_epoch: '8' })),
      'data.0.signed_attestations.2',
    ],
    ['a key that is none', withPart(({ data }) => data.push({ pubkey: '0x12', signed_blocks: [], signed_attestations: [] })), 'data.1.pubkey'],
  ])('%s is none', (_, text, message) => {
    expect(() => readInterchange(text, chain)).toThrow(message);
  });
});

describe('what a client gives with keys it has given up', () => {
  const of = (text: string, publicKeys = [first]): EthereumMark => markOfExport({ text, publicKeys, genesisValidatorsRoot: chain, floor });
  const given = (marks: Record<string, EthereumMark>): string =>
    writeInterchange(new Map(Object.entries(marks).map(([key, mark]) => [key, historyOf(mark)])), chain);
  test('is the highest over all of its keys', () => {
    const text = given({ [first]: { ...floor, slot: 12, target: 7 }, [second]: { ...floor, source: 6, target: 6 } });
    expect(of(text, [first, second])).toEqual({ kind: 'eip3076', slot: 12, source: 6, target: 7 });
  });
  test('may be the floor itself, when nothing was signed since', () => {
    expect(of(given({ [first]: floor }))).toEqual(floor);
  });
  test.each([
    ['empty', given({}), 'says nothing whole'],
    ['of one key of two', given({ [first]: floor }), `says nothing whole of ${second}`],
    ['below the floor', given({ [first]: floor, [second]: { ...floor, target: 1 } }), 'below the floor'],
    ['null', 'null', 'has no valid content'],
  ])('is a failure when it is %s', (_, text, message) => {
    expect(() => of(text, [first, second])).toThrow(message);
  });
  test.each(['signed_blocks', 'signed_attestations'] as const)('is a failure when a key has no %s: it was given some', (part) => {
    const text = JSON.parse(given({ [first]: floor })) as typeof example;
    (text.data[0] ?? { [part]: null })[part] = [];
    expect(() => of(JSON.stringify(text))).toThrow('says nothing whole');
  });
  test('for no key is a failure', () => {
    expect(() => of(given({}), [])).toThrow('names no key');
  });
});

describe('an export as a first floor', () => {
  test('is the highest over all that it knows', () => {
    expect(isInterchange(example)).toBe(true);
    expect(isInterchange({ height: '5' })).toBe(false);
    expect(markOfInterchange(JSON.stringify(example))).toEqual({ kind: 'eip3076', slot: 81952, source: 2290, target: 3008 });
  });
  test('counts a key that never signed a block by its votes, and one that never voted not at all', () => {
    const text = withPart(({ data }) => {
      data.push({ pubkey: second, signed_blocks: [], signed_attestations: [{ source_epoch: '2300', target_epoch: '2301' }] });
      data.push({ pubkey: `0x${'ba'.repeat(48)}`, signed_blocks: [], signed_attestations: [] });
    });
    expect(markOfInterchange(text)).toEqual({ kind: 'eip3076', slot: 81952, source: 2300, target: 3008 });
  });
  test.each([
    ['nothing', '', 'is not JSON'],
    ['null', 'null', 'has no valid content'],
    ['no votes', withPart(({ data }) => data.splice(0)), 'knows of no vote'],
  ])('%s is none', (_, text, message) => {
    expect(() => markOfInterchange(text)).toThrow(message);
  });
});
