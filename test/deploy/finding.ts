import { isTree, type Tree } from '../../local/template/read.ts';

/** What a check has found wrong: a stable code, the place, and what to do about it. Checks are pure; they give all that they find. */
export interface Finding {
  readonly code: string;
  readonly at: string;
  readonly message: string;
}

/** A value in words, for a message. */
export const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));

export const finding = (code: string, at: string, message: string): Finding => ({ code, at, message });

/** Code and place alone, as tests compare them. */
export const codesOf = (findings: readonly Finding[]): string[] => findings.map(({ code, at }) => `${code} ${at}`);

export class CheckFailed extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(findings.map(({ code, at, message }) => `${code} ${at}: ${message}`).join('\n'));
    this.name = 'CheckFailed';
    this.findings = findings;
  }
}

/** @throws CheckFailed that names every finding. */
export const requireNone = (findings: readonly Finding[]): void => {
  if (findings.length > 0) throw new CheckFailed(findings);
};

export { isTree, type Tree };

/** An empty map for whatever is none: a missing section has no members. */
export const treeAt = (value: unknown, ...path: readonly string[]): Tree => {
  let here = value;
  for (const step of path) here = isTree(here) ? here[step] : undefined;
  return isTree(here) ? here : {};
};

/** Every value in a tree that has no further parts, and every map, with its path. */
export const walk = (value: unknown, visit: (value: unknown, path: readonly string[]) => void, path: readonly string[] = []): void => {
  visit(value, path);
  if (Array.isArray(value)) value.forEach((one, index) => walk(one, visit, [...path, String(index)]));
  else if (isTree(value)) for (const [key, one] of Object.entries(value)) walk(one, visit, [...path, key]);
};
