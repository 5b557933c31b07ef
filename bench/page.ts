import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** docs/performance.md: each bench owns what stands between its own two markers. */

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'performance.md');
const beginning = '# Performance\n\nWritten by the benches themselves ([bench/README.md](../bench/README.md)), each between its own markers.\n';

/** The text with this part in it, in place of the one before. */
export const withPart = (text: string, name: string, part: string): string => {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  const whole = `${open}\n\n${part.trim()}\n\n${close}`;
  return from < 0 || to < from ? `${text.trimEnd()}\n\n${whole}\n` : `${text.slice(0, from)}${whole}${text.slice(to + close.length)}`;
};

export const writePart = (name: string, part: string): void => {
  writeFileSync(page, withPart(existsSync(page) ? readFileSync(page, 'utf8') : beginning, name, part));
};

/** In docs/img. */
export const writePlot = (name: string, svg: string): void => {
  const file = join(root, 'docs', 'img', `${name}.svg`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, svg);
};
