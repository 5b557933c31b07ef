import * as z from 'zod';
import { checkValidator, twice } from './check.ts';
import { isRecord, rulesOf, withRisk, type ChainTable } from './chain-rules.ts';
import { validatorsFileOf, type ChainConfig, type ValidatorsFile } from './config.ts';
import { BatonError, type ErrorCode } from './errors.ts';
import { firstIssue } from './issue.ts';

const secretField = /(key|token|box|secret|seed|password)/i;
const longestShown = 80;
const longestField = 300;
const longestReason = 1_000;

// Unknown keys and names of records come from outside and may have any length.
const bounded = (text: string, longest: number): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);

const shown = (value: unknown, path: readonly PropertyKey[]): string => {
  let found = value;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | null | undefined)?.[key];
  if (found === undefined) return 'nothing';
  if (path.some((part) => secretField.test(String(part)))) return '(not shown)';
  if (found !== null && typeof found === 'object') return Array.isArray(found) ? `a list of ${found.length}` : 'an object';
  if (typeof found === 'bigint') return String(found).slice(0, longestShown);
  const text = JSON.stringify(found) ?? typeof found;
  return bounded(text, longestShown);
};

/**
 * Parses with a schema, or says which field is wrong, what it holds and what was expected.
 * @throws BatonError with `of.code`.
 */
export const parseWith = <S extends z.ZodType>(schema: S, value: unknown, of: { what: string; code: ErrorCode; fix?: string }): z.output<S> => {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const { path, message: expected } = firstIssue(found.error);
  const field = path.length === 0 ? of.what : bounded(path.map(String).join('.'), longestField);
  const message = `${of.what}: ${field === of.what ? '' : `${field} `}is ${shown(value, path)}: ${bounded(expected, longestReason)}`;
  throw new BatonError(of.code, message, { field, fix: of.fix ?? `Mend ${field} and run it again.` });
};

/** The validators of a file that may have any shape. */
const listOf = (value: unknown): readonly unknown[] =>
  isRecord(value) && Array.isArray(value['validators']) ? (value['validators'] as unknown[]) : [];

const checkChainsKnown = (value: unknown, chains: ChainTable): void => {
  for (const [index, one] of listOf(value).entries()) {
    const kind: unknown = (one as { chain?: { kind?: unknown } } | null)?.chain?.kind;
    if (typeof kind === 'string' && !Object.hasOwn(chains, kind)) {
      throw new BatonError(
        'ChainUnknown',
        `validators.${index}.chain.kind is "${kind.slice(0, longestShown)}": expected ${Object.keys(chains).join(', ')}`,
        {
          field: `validators.${index}.chain.kind`,
          fix: 'Use systemd for any daemon that has a unit and shows its progress over HTTP.',
        },
      );
    }
  }
};

/** The schema of `chain` over all chains. */
export const chainSchemaOf = (chains: ChainTable): z.ZodType<ChainConfig> => {
  const [first, ...rest] = Object.values(chains).map(({ config }) => config);
  return first === undefined ? z.never() : z.discriminatedUnion('kind', [first, ...rest]);
};

/** Two validators with one key would be two answers to who may sign with it. */
const checkKeysApart = ({ validators }: ValidatorsFile, chains: ChainTable): void => {
  const seen = new Map<string, string>();
  for (const config of validators) {
    for (const key of rulesOf(config, chains).keysOf(config.chain)) {
      const name = `${config.chain.kind} ${key}`;
      const other = seen.get(name);
      if (other !== undefined)
        throw new BatonError('ConfigInvalid', `${other} and ${config.id} have the same key, ${bounded(name, longestShown)}`, {
          field: `${config.id}.chain`,
          fix: 'Keep one of the two: each key is one validator, with all of its nodes.',
        });
      seen.set(name, config.id);
    }
  }
};

/**
 * `validators.yaml` as one checked value, with each chain's defaults; nothing of it is used before all of it is valid.
 * @throws BatonError ConfigInvalid, ChainUnknown, HolderUnknown or TimingUnsafe.
 */
export const parseValidatorsFile = (value: unknown, chains: ChainTable): ValidatorsFile => {
  checkChainsKnown(value, chains);
  const told =
    isRecord(value) && Array.isArray(value['validators']) ? { ...value, validators: listOf(value).map((one) => withRisk(one, chains)) } : value;
  const file = parseWith(validatorsFileOf(chainSchemaOf(chains)), told, { what: 'validators.yaml', code: 'ConfigInvalid' });
  const doubled = twice(file.validators.map(({ id }) => id));
  if (doubled !== undefined)
    throw new BatonError('ConfigInvalid', `validator ${doubled} stands twice`, { field: 'validators', fix: 'Remove one of them.' });
  for (const config of file.validators) checkValidator(config, chains);
  checkKeysApart(file, chains);
  return file;
};
