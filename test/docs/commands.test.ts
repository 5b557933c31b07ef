import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examples } from '../../cli/examples.ts';
import { guardConfigOf } from '../../guard/config.ts';
import { loadTemplate } from '../../local/template/index.ts';
import { treeOf } from '../../local/template/read.ts';
import { wholeProgram } from './schema.ts';
import { batonWords, commandsIn, documents, read, root, wordsOf } from './typed.ts';

/** What the documents tell people to type can be typed: commands, options, scripts, parameters, files. */

const program = wholeProgram();
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

/** Why `baton WORDS` cannot be typed, or null. */
export const wrongBaton = (words: readonly string[], mentioned = false): string | null => {
  const [name = '', ...rest] = words.filter((word) => word !== '--json');
  if (name === '--help') return null;
  const command = program.commands.find((one) => one.name() === name);
  if (!command) return `there is no command ${name}`;
  const parsed = (): { operands: string[]; unknown: string[] } => {
    try {
      return command.parseOptions([...rest]);
    } catch (error) {
      return mentioned ? { operands: [], unknown: [] } : { operands: [], unknown: [(error as Error).message] };
    }
  };
  const { operands, unknown } = parsed();
  if (unknown.length > 0) return `${name} has no option ${unknown[0]}`;
  const required = command.registeredArguments.filter((one) => one.required).length;
  if (operands.length < required && !mentioned) return `${name} needs ${required} arguments`;
  return operands.length > command.registeredArguments.length ? `${name} takes no argument ${operands.at(-1)}` : null;
};

describe.each(documents)('%s', (file) => {
  const text = read(file);
  test('names only commands and options of baton that exist', () => {
    const wrong = commandsIn(text).flatMap(({ line, mentioned }) => {
      const words = batonWords(line.replace(/\s+#.*$/, '').replaceAll(/[[\]]/g, ''));
      const reason = words === null ? null : wrongBaton(words, mentioned);
      return reason === null ? [] : [`${line}: ${reason}`];
    });
    expect(wrong).toEqual([]);
  });
  test('names only scripts that exist', () => {
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z:0-9-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
  test('links only to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(file), link)))).toEqual([]);
  });
});

describe('scripts that the documents name', () => {
  const ci = read('.ci/run');
  /** Run by a test, or started by a person alone. */
  const elsewhere: Readonly<Record<string, string>> = {
    schema: 'test/docs/schema.test.ts',
    cost: 'test/docs/cost.test.ts',
    baton: 'test/docs/run.test.ts',
    'bench:chain': 'test/bench/chain.test.ts',
    'bench:console': 'bench/console.ts',
    'bench:warm': 'bench/lambda/warm.ts',
  };
  const named = [
    ...new Set(documents.flatMap((file) => [...read(file).matchAll(/npm run (?:--silent )?([a-z:0-9-]+)/g)].map(([, name = '']) => name))),
  ];
  test.each(named)('%s is run by .ci/run or by a test', (name) => {
    const [runs, inTest] = [new RegExp(`npm run (--silent )?${name}\\b`).test(ci), elsewhere[name]];
    expect(runs || (inTest !== undefined && existsSync(join(root, inTest)))).toBe(true);
  });
});

describe('docs/deploy.md', () => {
  const text = read('docs/deploy.md');
  const { tree } = loadTemplate(join(root, 'template.yaml'));
  test('names only parameters of the template', () => {
    const parameters = treeOf('Parameters', tree['Parameters']);
    const overrides = [...text.matchAll(/--parameter-overrides ([^\n]*)/g)].flatMap(([, list = '']) => wordsOf(list));
    const named = [...overrides, ...[...text.matchAll(/`([A-Z][A-Za-z0-9]+)=[a-z]+`/g)].map(([, name = '']) => name)].map(
      (one) => one.split('=')[0] ?? '',
    );
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !(name in parameters))).toEqual([]);
  });
  test('names only outputs of the template', () => {
    const outputs = Object.keys(treeOf('Outputs', tree['Outputs']));
    for (const name of ['NextCommand', 'TopicArn', 'NodePolicyArn', 'LeaseTableArn', 'CustodyKeyArn', 'AfterDelete']) {
      expect(text + read('docs/upgrade.md')).toContain(`\`${name}\``);
      expect(outputs).toContain(name);
    }
  });
  test('its samconfig environments exist', () => {
    const config = read('samconfig.toml');
    for (const [, name = ''] of text.matchAll(/--config-env (\w+)/g)) expect(config).toContain(`[${name}.deploy.parameters]`);
  });
  test('its guard configuration is one that the guard takes', () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
    expect(guardConfigOf(json, 'hub-1.json')).toMatchObject({ validator: 'hub-1', region: 'eu-central-1', chain: { kind: 'cometbft' } });
  });
});

describe('the help of each command', () => {
  test.each(program.commands.map((command) => command.name()))('of %s shows lines that can be typed', (name) => {
    const lines = examples[name] ?? [];
    expect(lines.length).toBeGreaterThan(0);
    expect(
      lines.filter((line) => line.includes('baton ')).map((line) => wrongBaton(batonWords(line.replace(/^eval "\$\((.*)\)"$/, '$1')) ?? [])),
    ).toEqual(lines.map(() => null));
    let help = '';
    const command = program.commands.find((one) => one.name() === name);
    command?.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    for (const line of lines) expect(help).toContain(`  ${line}\n`);
  });
  test('is of commands that there are', () => {
    expect(Object.keys(examples).filter((name) => !program.commands.some((command) => command.name() === name))).toEqual([]);
  });
});

describe('the check itself', () => {
  test.each([
    ['baton fly hub-1', 'there is no command fly'],
    ['baton status --now', 'status has no option --now'],
    ['baton seal', 'seal needs 1 arguments'],
    ['npm run baton -- resume hub-1 hub-2', 'resume takes no argument hub-2'],
  ])('%s', (line, reason) => {
    expect(wrongBaton(batonWords(line) ?? [])).toBe(reason);
  });
  test('knows where it is', () => {
    expect(relative(root, import.meta.filename)).toBe(join('test', 'docs', 'commands.test.ts'));
  });
});
