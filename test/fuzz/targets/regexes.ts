import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Random } from '../random.ts';
import { target } from '../target.ts';

/** Every regular expression of the shipped code, against long strings that make a careless one go back and forth without end. */

interface Input {
  readonly pattern: string;
  readonly flags: string;
  readonly text: string;
}

const root = join(import.meta.dirname, '..', '..', '..');
const folders = ['core', 'chains', 'functions', 'aws', 'guard', 'cli', 'runtime'];
const found: { pattern: string; flags: string }[] = [];

const collect = (): void => {
  const seen = new Set<string>();
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  );
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node) && !seen.has(node.text)) {
        seen.add(node.text);
        const end = node.text.lastIndexOf('/');
        found.push({ pattern: node.text.slice(1, end), flags: node.text.slice(end + 1) });
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  }
};

const seeds = ['a', '0', 'A', '-', '_', '.', '/', '=', '+', ' ', ':', '\n', 'aa-', 'a/', '0a', 'i-', '\ud800', '#a'];
const heads = ['', 'arn:aws:sts::123456789012:assumed-role/', 'arn:aws:iam::123456789012:user/', 'i-', 'arn:', 'http://', '-'];

const adversarial = (random: Random): string => {
  const times = random.once(60) ? random.between(5_000, 50_000) : random.between(1, 600);
  const pump = random.once(3) ? random.pick(seeds) + random.pick(seeds) : random.pick(seeds);
  return `${random.pick(heads)}${pump.repeat(times)}${random.pick(['', '!', '\n', '\0', '/', random.pick(seeds)])}`;
};

export const regexes = target<Input>({
  name: 'regular-expressions',
  about: 'every regular expression literal of the shipped code: each must end in time, whatever it matches',
  make: (random) => {
    if (found.length === 0) collect();
    return { ...random.pick(found), text: adversarial(random) };
  },
  run: ({ pattern, flags, text }) => {
    new RegExp(pattern, flags).test(text);
    return 'accepted';
  },
});
