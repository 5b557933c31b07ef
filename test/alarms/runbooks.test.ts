import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { programFor } from '../../cli/baton.ts';
import { registerDrill } from '../../cli/drill.ts';
import { alarmsOf, home } from './stack.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'runbooks');
const books = readdirSync(folder)
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => ({ id: file.slice(0, -3), text: readFileSync(join(folder, file), 'utf8') }));
const alarms = alarmsOf(home);

const sections = ['What it means', 'Is there a risk of two signers', 'Do now', 'How to stop Baton', 'Verify', 'Why'];

const program = programFor();
registerDrill(program);

/** Long options of every command. */
const known = new Map<string, readonly string[]>([
  ['alert-test', ['--ack']],
  ...program.commands.map((command: Command) => [command.name(), command.options.flatMap(({ long }) => long ?? [])] as const),
]);

/** What a line beginning with `baton` has wrong: a command or an option that is not there. */
const faultsOf = (line: string): string[] => {
  const [, name = '', rest = ''] = /^baton ([a-z-]+)(.*)$/.exec(line) ?? [];
  const options = known.get(name);
  if (!options) return [`there is no command: ${line}`];
  const used = rest.replaceAll(/"[^"]*"/g, '').match(/--[a-z-]+/g) ?? [];
  return used.filter((option) => !options.includes(option)).map((option) => `baton ${name} has no ${option}`);
};

const blocksOf = (text: string): string[] => [...text.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block]) => (block ?? '').trim().split('\n'));
const batonIn = (text: string): string[] => [
  ...blocksOf(text).filter((line) => line.startsWith('baton ')),
  ...[...text.matchAll(/`(baton [a-z][^`\n]*)`/g)].map(([, command]) => command ?? ''),
];

describe('runbooks', () => {
  test('every alarm has one, and every one has an alarm', () => {
    expect(books.map(({ id }) => id).sort()).toEqual([...alarms.keys()].sort());
  });
  test.each(books)('$id: the sections, in this order, and none is empty', ({ id, text }) => {
    expect(text.split('\n')[0]).toBe(`# ${id}`);
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(sections);
    expect(
      text
        .split(/^## .+$/m)
        .slice(1)
        .filter((body) => body.trim().length < 4),
    ).toEqual([]);
  });
  test.each(books)('$id: every command can be typed', ({ text }) => {
    const lines = blocksOf(text);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !/^(baton|aws|sudo (systemctl|journalctl|mv -n|tee)|curl|queue=\$\(aws) /.test(line))).toEqual([]);
    expect(batonIn(text).flatMap(faultsOf)).toEqual([]);
  });
  test.each(books)('$id: links lead somewhere', ({ text }) => {
    const targets = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !target.startsWith('../') && !books.some(({ id }) => `${id}.md` === target))).toEqual([]);
  });
  test('the thresholds that they give are those of the template', () => {
    const wrong = books.flatMap(({ id, text }) => {
      const alarm = alarms.get(id);
      if (alarm?.kind !== 'metric' || alarm.judge.evaluationPeriods === 1) return [];
      const { datapointsToAlarm: points, evaluationPeriods: periods } = alarm.judge;
      const words = text.replaceAll(/\s+/g, ' ');
      const named = words.includes(`${points} of ${periods} minutes`) || words.includes(`${points} of the last ${periods} minutes`);
      return named ? [] : [`${id}: ${points} of ${periods}`];
    });
    expect(wrong).toEqual([]);
  });
  test('every named end of the workflow is told', () => {
    const { States } = JSON.parse(readFileSync(join(root, 'statemachines', 'failover.asl.json'), 'utf8')) as {
      States: Record<string, { Type: string }>;
    };
    const ends = Object.entries(States).flatMap(([name, { Type }]) => (Type === 'Fail' ? [name] : []));
    const rows = books.find(({ id }) => id === 'FailoverFailed')?.text.match(/^\| [A-Z].*$/gm) ?? [];
    const told = rows.flatMap((row) => (row.split('|')[1] ?? '').split(',').map((name) => name.trim()));
    expect([...told].sort()).toEqual([...ends].sort());
  });
  test('no command is broken by the end of a line', () => {
    expect(books.filter(({ text }) => /`baton [^`\n]*\n/.test(text.replaceAll(/```[^]*?```/g, ''))).map(({ id }) => id)).toEqual([]);
  });
  test('the index names each once', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    expect([...index.matchAll(/^\| \[([A-Za-z]+)\]\(\1\.md\)/gm)].map(([, id]) => id).sort()).toEqual([...alarms.keys()].sort());
  });
  test('a command that is not there is found', () => {
    expect(faultsOf('baton fix VALIDATOR')).toHaveLength(1);
    expect(faultsOf('baton status --all')).toEqual(['baton status has no --all']);
    expect(faultsOf('baton deny VALIDATOR --attestation')).toEqual([]);
  });
});

describe('descriptions of the alarms', () => {
  test.each([...alarms])('%s', (id, { description }) => {
    const [first = ''] = description.split(' - ');
    expect(faultsOf(first)).toEqual([]);
    expect(description).toMatch(/ Risk of two signers: (no|YES|see the red alarm)\b/);
    expect(description.endsWith(` Runbook: docs/runbooks/${id}.md`)).toBe(true);
    expect(description.length).toBeLessThanOrEqual(1024);
  });
  test('those and only those say that two may sign whose runbook says so', () => {
    const yes = [...alarms].filter(([, { description }]) => description.includes('signers: YES')).map(([id]) => id);
    const bold = books.filter(({ text }) => /risk of two signers\n\n\*\*Yes/.test(text)).map(({ id }) => id);
    expect(yes).toEqual(['TwoSignersSuspected', 'TableUnsafe']);
    expect([...bold].sort()).toEqual([...yes].sort());
  });
});
