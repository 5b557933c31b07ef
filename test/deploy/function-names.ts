import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Each file of functions/ that has a handler. */
export const functionNames = (): string[] =>
  readdirSync(join(import.meta.dirname, '..', '..', 'functions'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'contract.ts' && file !== 'environment.ts')
    .map((file) => basename(file, '.ts'));
