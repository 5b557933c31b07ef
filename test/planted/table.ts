import type { Bug, Catcher } from './bug.ts';

/** What became of one bug. */
export interface Verdict {
  readonly name: string;
  readonly caught: boolean;
  readonly kind: Catcher['kind'] | null;
  readonly how: string;
  readonly command: string;
  /** Catchers that were asked before and did not find it, and why. */
  readonly tried: readonly string[];
}

const words: Readonly<Record<Catcher['kind'], string>> = { explore: 'explorer', sim: 'simulator', test: 'test', asl: 'test' };
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);

/** The table of docs/reliability.md. */
export const table = (bugs: readonly Bug[], verdicts: readonly Verdict[]): string => {
  const rows = bugs.map((bug) => {
    const found = verdicts.find(({ name }) => name === bug.name);
    const by = found?.kind ? words[found.kind] : found ? '**nothing**' : 'not run yet';
    const command = found?.caught ? `\`${cell(found.command)}\`` : '';
    return `| \`${bug.name}\` | ${cell(bug.story)} | ${by} | ${cell(found?.how ?? '')} | ${command} |`;
  });
  return ['| planted bug | why somebody would write it | caught by | in | command |', '|---|---|---|---|---|', ...rows].join('\n');
};
