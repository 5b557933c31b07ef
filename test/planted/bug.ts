import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A planted bug: a small change of the real code that a capable engineer could make, and what must notice it. */

export const areas = [
  'lease',
  'hold',
  'evidence',
  'approval',
  'watermark',
  'gate',
  'guard',
  'functions',
  'doctor',
  'recover',
  'console',
  'adapters',
  'workflow',
  'documents',
] as const;
export type Area = (typeof areas)[number];

export interface Edit {
  readonly file: string;
  /** Exact text. It occurs once, or as `nth` says. */
  readonly find: string;
  readonly replace: string;
  /** Which of how many occurrences, counted from 1. */
  readonly nth?: readonly [which: number, of: number];
}

/** `explore`: a scope of the explorer. `test` and `asl`: tests whose full name contains `name`. `sim`: arguments of the simulator. */
export type Catcher =
  | { readonly kind: 'explore'; readonly scope: string; readonly quick: boolean; readonly most?: number }
  | { readonly kind: 'test'; readonly file: string; readonly name: string }
  | { readonly kind: 'asl'; readonly name: string }
  | { readonly kind: 'sim'; readonly args: readonly string[] };

export interface Bug {
  /** Kebab-case. */
  readonly name: string;
  readonly area: Area;
  /** Why somebody would write it, in one sentence; the real incident where there was one. */
  readonly story: string;
  readonly edits: readonly Edit[];
  /** Tried in this order until one catches it. */
  readonly catchers: readonly Catcher[];
}

/** A quick scope of the explorer. */
export const quick = (scope: string): Catcher => ({ kind: 'explore', scope, quick: true });
/** A scope of `npm run explore`, up to so many states. */
export const full = (scope: string, most: number): Catcher => ({ kind: 'explore', scope, quick: false, most });
export const test = (file: string, name: string): Catcher => ({ kind: 'test', file, name });
export const asl = (name: string): Catcher => ({ kind: 'asl', name });
export const sim = (...args: string[]): Catcher => ({ kind: 'sim', args });

/** Bugs of one area that a test catches, after what is tried `first`. */
export const bugsOf =
  (area: Area) =>
  (name: string, story: string, edits: readonly Edit[], file: string, title: string, first: readonly Catcher[] = []): Bug => ({
    name,
    area,
    story,
    edits,
    catchers: [...first, test(file, title)],
  });

export const aslTests = 'test/asl/failover.test.ts';

/** What one types to run a catcher by hand. */
export const commandOf = (catcher: Catcher): string => {
  switch (catcher.kind) {
    case 'explore':
      return `npm run explore -- ${exploreArgs(catcher).join(' ')}`;
    case 'sim':
      return `npm run sim -- ${catcher.args.map((one) => (/[^\w-]/.test(one) ? `'${one}'` : one)).join(' ')}`;
    case 'test':
      return `npm test -- ${catcher.file} -t "${catcher.name}"`;
    case 'asl':
      return `npm test -- ${aslTests}`;
  }
};

export const exploreArgs = ({ scope, quick: isQuick, most }: Extract<Catcher, { kind: 'explore' }>): string[] => [
  ...(isQuick ? ['--quick'] : []),
  '--safety',
  '--scope',
  scope,
  ...(most === undefined ? [] : ['--most', String(most)]),
];

/** @throws Error when the text does not occur exactly as often as the edit says. */
export const edited = (text: string, edit: Edit): string => {
  const pieces = text.split(edit.find);
  const [which, of] = edit.nth ?? [1, 1];
  if (pieces.length - 1 !== of) throw new Error(`${edit.file}: "${edit.find.slice(0, 80)}" occurs ${pieces.length - 1} times, not ${of}`);
  return `${pieces.slice(0, which).join(edit.find)}${edit.replace}${pieces.slice(which).join(edit.find)}`;
};

/** Every file of the bug as it is and as it becomes. Edits of one file are made one after the other. */
export const patchesOf = (bug: Bug, root: string): { file: string; before: string; after: string }[] => {
  const files = [...new Set(bug.edits.map(({ file }) => file))];
  return files.map((file) => {
    const before = readFileSync(join(root, file), 'utf8');
    const after = bug.edits.filter((edit) => edit.file === file).reduce(edited, before);
    return { file, before, after };
  });
};

/** Plants it in the copy at `root`, and gives back what takes it out again. */
export const plant = (bug: Bug, root: string): (() => void) => {
  const patches = patchesOf(bug, root);
  for (const { file, after } of patches) writeFileSync(join(root, file), after);
  return () => {
    for (const { file, before } of patches) writeFileSync(join(root, file), before);
  };
};
