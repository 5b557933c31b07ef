import { join } from 'node:path';
import { readDocument, type SsmDocument } from '../../local/aws/ssm.ts';

/** The SSM documents, and what their scripts answer. */

export const documentOf = (name: string): SsmDocument => readDocument(join(import.meta.dirname, '..', '..', 'documents', `${name}.yaml`));

export interface Ran {
  readonly code: number | null;
  /** The last line, which is the answer. */
  readonly last: Record<string, unknown>;
}

export const ranOf = (code: number | null, stdout: string): Ran => ({
  code,
  last: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}') as Record<string, unknown>,
});

/** What a script of a document gets: term 2, and for every document a nonce of the same letter. */
export const environmentOf = (validator: string): Record<string, string> => ({
  SSM_Validator: validator,
  SSM_Term: '2',
  SSM_Nonce: 'a'.repeat(32),
});
