import { registry } from '../../../chains/registry.ts';
import { stringify } from 'yaml';
import { valueOf } from '../../../cli/plan/text.ts';
import { parseValidatorsFile } from '../../../core/parse.ts';
import { filePlain } from '../examples.ts';
import { mutate, mutateText, noise, weirdText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { target } from '../target.ts';
import { checkFleet } from './validators-file.ts';

/** The text of validators.yaml: everything that YAML allows, and what it does not. */

interface Input {
  readonly text: string;
  readonly given: unknown;
}

const bombs = [
  (size: number): string =>
    `a: &a [x, x]\n${Array.from({ length: Math.min(size, 40) }, (_, index) => `b${index}: &b${index} [*a, *a, *a]`).join('\n')}`,
  (size: number): string =>
    `l0: &l0 [x, x]\n${Array.from({ length: Math.min(size, 30) }, (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}]`).join('\n')}`,
  (size: number): string => '['.repeat(size),
  (size: number): string => '{'.repeat(size) + '}'.repeat(size),
  (size: number): string => '['.repeat(size) + ']'.repeat(size),
  (size: number): string => '- '.repeat(size),
  (size: number): string => '? '.repeat(size),
  (size: number): string => '{a: '.repeat(size),
  (size: number): string => Array.from({ length: size }, (_, index) => `k${index}: 1`).join('\n'),
  (size: number): string => `{${Array.from({ length: size }, (_, index) => `k${index}`).join(', ')}}`,
  (size: number): string => `validators: [${'0, '.repeat(size)}]`,
  (size: number): string => `a: "${'\\x41'.repeat(size)}`,
  (size: number): string => `a: >\n${'  x\n'.repeat(size)}`,
  (size: number): string => `a: |\n${'\n'.repeat(size)}`,
  (size: number): string => `a: &${'x'.repeat(size)} 1`,
  (size: number): string => '--- 1\n'.repeat(Math.min(size, 3_000)),
  (size: number): string => `${'# x\n'.repeat(size)}a: 1`,
  (size: number): string => `a: ${"'".repeat(size)}`,
  (size: number): string => `a: ${' '.repeat(size)}b`,
  (size: number): string => `${'\t'.repeat(size)}a: b`,
  (size: number): string => `%YAML 1.1\n---\na: !!binary ${'A'.repeat(size)}`,
  (size: number): string => `a: ${'1_'.repeat(size)}1`,
  (size: number): string => `a: ${'!'.repeat(size)}`,
];
const lines = [
  '<<: *a',
  '%YAML 1.1\n---',
  'x: !!set {a, b}',
  'x: !!js/function "f"',
  '__proto__: {x: 1}',
  'x: &x [*x]',
  'x: 0o17',
  'x: .nan',
  '...',
  '---',
  'x: y: z',
];

/** A few lines: most of what the library can be made to do needs no more, and a whole file takes it a millisecond. */
const piece = (random: Random): string => {
  const part = random.pick<unknown>([{ version: 1, validators: [] }, { id: 'hub-1', power: true, timing: { leaseMs: 15_000 } }, ['a', 'b: c'], 'x']);
  const text = random.once(2) ? (JSON.stringify(random.once(2) ? mutate(random, part) : part) ?? '') : random.pick(lines);
  return mutateText(random, random.once(3) ? `${random.pick(lines)}\n${text}` : text).slice(0, 400);
};

const styles = [{}, { defaultStringType: 'QUOTE_DOUBLE' }, { collectionStyle: 'flow' }, { indent: 4 }] as const;

export const yamlText = target<Input>({
  name: 'validators-yaml',
  about: 'cli/plan/text.ts valueOf (the YAML library and its limits), then parseValidatorsFile',
  // The library reads about a megabyte in a second.
  budgetMs: ({ text }) => Math.max(250, text.length / 200),
  make: (random, valid) => {
    if (!valid && random.once(400))
      return { text: random.pick(bombs)(random.pick([10, 100, 1_000, random.once(4) ? 10_000 : 500])), given: undefined };
    if (!valid && !random.once(4)) return { text: piece(random), given: undefined };
    if (!valid && random.once(6)) return { text: random.once(3) ? weirdText(random) : noise(random).slice(0, 2_000), given: undefined };
    const value = filePlain(random);
    if (!valid && !random.once(4)) {
      const text = random.once(2) ? `version: 1\nvalidators: ${JSON.stringify(value['validators'])}` : JSON.stringify(value);
      return { text: random.once(4) ? `${random.pick(lines)}\n${text}` : mutateText(random, text), given: undefined };
    }
    // JSON is YAML too, and quicker to make.
    if (valid) return { text: random.once(3) ? stringify(value, random.pick(styles)) : JSON.stringify(value), given: value };
    const changed = mutate(random, value);
    return { text: random.once(2) ? (JSON.stringify(changed) ?? '') : `${JSON.stringify(changed)}\n${random.pick(lines)}`, given: undefined };
  },
  run: ({ text, given }) => {
    const value = valueOf(text, 'validators.yaml');
    checkFleet(parseValidatorsFile(value, registry), given ?? value);
    return 'accepted';
  },
});
