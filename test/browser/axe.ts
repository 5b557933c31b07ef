import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** What axe-core finds wrong in a page, as far as it keeps somebody out. */

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** Each serious or critical violation with where it is; empty when there is none. @throws Error when axe has looked at nothing. */
export const barriersIn = async (page: Page): Promise<string[]> => {
  // By the debugger and not as a script of the page: its policy lets no other script in.
  await page.evaluate(source);
  const found = await page.evaluate<{ readonly passes: readonly unknown[]; readonly violations: readonly Violation[] }>('axe.run(document)');
  if (found.passes.length === 0) throw new Error('axe has looked at nothing');
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, impact, nodes }) => nodes.map(({ target, failureSummary }) => `${id} (${impact}) ${target.join(' ')}: ${failureSummary}`));
};
