import { registry } from '../../chains/registry.ts';
import { link, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Document, isSeq } from 'yaml';
import type { ValidatorsFile } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { parseValidatorsFile } from '../../core/parse.ts';
import { canonicalJson } from '../../core/plan.ts';
import { randomHex } from '../../runtime/clock.ts';
import { documentOf, valueOf } from '../plan/text.ts';
import type { Answers } from './answers.ts';

/** The text of validators.yaml with what was answered, and how it gets onto the disk. */

const header = ' One file for the whole fleet. `baton plan` tells what it would change, `baton apply` writes it.';
const about: Readonly<Record<string, string>> = {
  holder: ' who signs at first; afterwards the lease knows',
  nodes: ' machines that could sign',
  vantages: ' from where the chain is seen; none of them one of the nodes',
  policy: ' who decides, and what proves that a node cannot sign',
};
const format = { lineWidth: 0 } as const;

const explained = (document: Document): string => {
  document.commentBefore = header;
  const one = document.getIn(['validators', 0], true) as { items?: { key: { value?: unknown; commentBefore?: string | null } }[] } | undefined;
  for (const { key } of one?.items ?? []) {
    const comment = about[String(key.value)];
    if (comment !== undefined) key.commentBefore = comment;
  }
  return document.toString(format);
};

export interface Made {
  readonly text: string;
  readonly file: ValidatorsFile;
}

const made = (text: string, file: string): Made => ({ text, file: parseValidatorsFile(valueOf(text, file), registry) });

/** A file that holds this validator alone. @throws BatonError as `apply` would. */
export const newFile = (answers: Answers, file: string): Made => {
  if (!('validator' in answers))
    throw new BatonError('InputInvalid', 'a node is added to a file that is there', { field: '--add', fix: 'Type it again with --add.' });
  return made(explained(new Document({ version: 1, validators: [answers.validator] })), file);
};

const addNode = (document: Document, { validator, ...node }: Extract<Answers, { node: unknown }>['node'], file: ValidatorsFile): void => {
  const at = file.validators.findIndex(({ id }) => id === validator);
  if (at < 0) {
    throw new BatonError('ValidatorUnknown', `${validator} does not stand in the file`, {
      field: 'node.validator',
      fix: `Name one that does: ${file.validators.map(({ id }) => id).join(', ')}`.slice(0, 300),
    });
  }
  document.addIn(['validators', at, 'nodes'], document.createNode(node));
};

/** The file with one validator or node more. Its comments stay, and everything else says what it said. @throws BatonError as `apply` would. */
export const addedTo = (text: string, answers: Answers, file: string): Made => {
  const before = parseValidatorsFile(valueOf(text, file), registry);
  const document = documentOf(text, file);
  if ('node' in answers) addNode(document, answers.node, before);
  else if (isSeq(document.get('validators'))) document.addIn(['validators'], document.createNode(answers.validator));
  const after = made(document.toString(format), file);
  const same = (id: string, index: number): boolean => {
    const [old, now] = [before.validators[index], after.file.validators[index]];
    const wanted = 'node' in answers && answers.node.validator === id && now ? { ...now, nodes: now.nodes.slice(0, -1) } : now;
    return canonicalJson(old) === canonicalJson(wanted);
  };
  if (before.validators.every(({ id }, index) => same(id, index))) return after;
  throw new BatonError('ConfigInvalid', `${file} is built so that something else in it would change too`, { fix: 'Add it by hand.' });
};

const alreadyThere = (file: string): BatonError =>
  new BatonError('InputInvalid', `${file} is there already; nothing was written`, {
    field: '--out',
    fix: 'Add to it with --add, name another file with --out, or replace it with --force.',
  });

/** @returns the text, or undefined when there is no such file. */
export const textOf = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ENOENT') return undefined;
    throw new BatonError('ConfigInvalid', `cannot read ${file}`, { cause, fix: 'Give another path with --out.' });
  }
};

/** @throws BatonError InputInvalid when it is there and must not be replaced. */
export const requireFree = async (file: string, force: boolean): Promise<void> => {
  if (!force && (await textOf(file)) !== undefined) throw alreadyThere(file);
};

/** Exactly this text, or no file; `anything` with --force. */
export type Over = { readonly exactly: string | null } | 'anything';

const put = async (text: string, file: string, over: Over): Promise<void> => {
  const target = await realpath(file).catch(() => file);
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  );
  const beside = join(dirname(target), `.baton-init-${randomHex(8)}`);
  const handle = await open(beside, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    // A link fails when somebody made the file in between; a rename would not.
    if (over !== 'anything' && over.exactly === null) await link(beside, target);
    else if (over !== 'anything' && (await textOf(target)) !== over.exactly)
      throw new BatonError('PlanChanged', `${file} was changed in between; nothing was written`, { fix: 'Run it again.' });
    else await rename(beside, target);
  } finally {
    await handle.close().catch(() => undefined);
    await unlink(beside).catch(() => undefined);
  }
};

/**
 * Writes the whole file or nothing.
 * @param over what it replaces.
 * @throws BatonError InputInvalid, PlanChanged or ConfigInvalid.
 */
export const writeWhole = async (text: string, file: string, over: Over): Promise<void> => {
  try {
    await put(text, file, over);
  } catch (cause) {
    if (cause instanceof BatonError) throw cause;
    if ((cause as { code?: unknown }).code === 'EEXIST') throw alreadyThere(file);
    throw new BatonError('ConfigInvalid', `cannot write ${file}`, { cause, fix: 'Give a path that you may write with --out.' });
  }
};
