import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programFor } from '../../cli/baton.ts';
import { completionFor, shells } from '../../cli/completion.ts';
import { registerDrill } from '../../cli/drill.ts';
import { outputFor } from '../../cli/output.ts';

const noContext = (): never => {
  throw new Error('completion needs no AWS');
};
const program = programFor(noContext);
registerDrill(program);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  writeFileSync(join(folder, 'bash.sh'), completionFor('bash', program));
  mkdirSync(join(folder, 'here'));
  for (const name of ['validators.yaml', 'vault key.json', 'other']) writeFileSync(join(folder, 'here', name), '');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const inBash = (script: string, words: readonly string[] = []): string =>
  execFileSync('bash', ['--norc', '--noprofile', '-uc', `source ../bash.sh\n${script}`, 'bash', ...words], {
    cwd: join(folder, 'here'),
    encoding: 'utf8',
  });
/** What a real bash offers after these words, the last of which is not yet whole. */
const offered = (...words: string[]): string[] =>
  inBash('COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _baton; printf "%s\\n" "${COMPREPLY[@]}"', ['baton', ...words])
    .split('\n')
    .filter((line) => line !== '');

describe('a real bash', () => {
  test('completes baton by the function', () => {
    expect(inBash('complete -p baton')).toBe('complete -F _baton baton\n');
  });
  test.each<[string[], string[]]>([
    [['st'], ['status']],
    [['', 'x'].slice(1), []],
    [['sw'], ['switchover']],
    [['--j'], ['--json']],
    [['--json', 'sta'], ['status']],
    [
      ['status', '--'],
      ['--watch', '--help'],
    ],
    [['--json', 'status', '--w'], ['--watch']],
    [
      ['pause', 'hub-1', '--'],
      ['--reason', '--for', '--help'],
    ],
    [['pause', 'hub-1', '--for', ''], []],
    [
      ['status', ''],
      ['--watch', '--help'],
    ],
    [['completion', 'f'], ['fish']],
    [
      ['drill', '--chain', ''],
      ['ticker', 'cometbft'],
    ],
    [['drill', '--scenario', 'un'], ['unfenceable']],
    [['apply', 'val'], ['validators.yaml']],
    [['apply', '--y'], ['--yes']],
    [
      ['apply', '--yes', 'va'],
      ['validators.yaml', 'vault key.json'],
    ],
    [['seal', 'hub-1', '--key-file', 'vau'], ['vault key.json']],
    [['fly', ''], []],
  ])('after %j offers %j', (words, expected) => {
    expect(offered(...words).sort()).toEqual([...expected].sort());
  });
  test('offers every command that there is', () => {
    const names = program.commands.map((command) => command.name());
    expect(offered('').filter((word) => !word.startsWith('-'))).toEqual(names);
    expect(names).toContain('doctor');
  });
});

test.each(shells)('%s knows every command and option', (shell) => {
  const script = completionFor(shell, program);
  for (const command of program.commands) {
    expect(script).toContain(command.name());
    for (const { long } of command.options) expect(script).toContain(shell === 'fish' ? `-l ${long?.slice(2) ?? '?'}` : long);
  }
});

describe('what people describe', () => {
  const odd = programFor(noContext);
  odd.command('odd').description("it's a: test\\");
  test('is quoted for each shell', () => {
    expect(completionFor('zsh', odd)).toContain(String.raw`'odd:it'\''s a\: test\'`);
    expect(completionFor('fish', odd)).toContain(String.raw`-a odd -d 'it\'s a: test\\'`);
    expect(completionFor('bash', odd)).not.toContain('a: test');
  });
});

describe('baton completion', () => {
  const said = async (...args: string[]): Promise<string> => {
    let text = '';
    const streams = { out: (line: string) => void (text += line), err: () => undefined, setExitCode: () => undefined, terminal: false };
    await programFor(noContext, (options) => outputFor(options, streams)).parseAsync(['node', 'baton', ...args]);
    return text;
  };
  test('prints the script, without AWS', async () => {
    expect(await said('completion', 'bash')).toMatch(/^# bash completion of baton.*\ncomplete -F _baton baton\n$/s);
    expect(JSON.parse(await said('--json', 'completion', 'fish'))).toMatchObject({
      shell: 'fish',
      script: expect.stringContaining('status') as string,
    });
  });
});
