import type { z } from 'zod';
import { validatorsFile, type ValidatorConfig, type ValidatorsFile } from './config.ts';
import { BatonError, type ErrorCode } from './errors.ts';
import { checkTiming } from './timing.ts';

const secretField = /(key|token|box|secret|seed|password)/i;
const longestShown = 80;

const shown = (value: unknown, path: readonly PropertyKey[]): string => {
  let found = value;
  for (const key of path) found = found !== null && typeof found === 'object' ? (found as Record<PropertyKey, unknown>)[key] : undefined;
  if (found === undefined) return 'nothing';
  if (secretField.test(path.join('.'))) return '(not shown)';
  if (found !== null && typeof found === 'object') return Array.isArray(found) ? `a list of ${found.length}` : 'an object';
  const text = JSON.stringify(found) ?? typeof found;
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
};

/**
 * Parses with a schema, or says which field is wrong, what it holds and what was expected.
 * @throws BatonError with `of.code`.
 */
export const parseWith = <S extends z.ZodType>(schema: S, value: unknown, of: { what: string; code: ErrorCode; fix?: string }): z.output<S> => {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  const path = issue?.path ?? [];
  const field = path.length === 0 ? of.what : path.map(String).join('.');
  const message = `${of.what}: ${field === of.what ? '' : `${field} `}is ${shown(value, path)}: ${issue?.message ?? 'not valid'}`;
  throw new BatonError(of.code, message, { field, fix: of.fix ?? `Mend ${field} and run it again.`, cause: undefined });
};

const knownChains = ['cometbft', 'systemd'];

const checkChainsKnown = (value: unknown): void => {
  const list: unknown = (value as { validators?: unknown } | null | undefined)?.validators;
  if (!Array.isArray(list)) return;
  for (const [index, one] of list.entries()) {
    const kind: unknown = (one as { chain?: { kind?: unknown } } | null)?.chain?.kind;
    if (typeof kind === 'string' && !knownChains.includes(kind)) {
      throw new BatonError('ChainUnknown', `validators.${index}.chain.kind is "${kind.slice(0, longestShown)}": expected ${knownChains.join(' or ')}`, {
        field: `validators.${index}.chain.kind`, fix: 'Use systemd for any daemon that has a unit and shows its progress over HTTP.',
      });
    }
  }
};

const twice = (names: readonly string[]): string | undefined => names.find((name, index) => names.indexOf(name) !== index);

const refuse = (config: ValidatorConfig, field: string, message: string, fix: string, code: ErrorCode = 'ConfigInvalid'): never => {
  throw new BatonError(code, `${config.id}: ${message}`, { field: `${config.id}.${field}`, fix });
};

/** Checks that no schema sees: between the fields of one validator. @throws BatonError */
export const checkValidator = (config: ValidatorConfig): ValidatorConfig => {
  const names = config.nodes.map(({ name }) => name);
  const { policy } = config;
  if (!names.includes(config.holder)) {
    refuse(config, 'holder', `holder is "${config.holder}": expected one of its nodes ${names.join(', ')}`, 'Set holder to the name of the node that signs now.', 'HolderUnknown');
  }
  const doubled = twice(names) ?? twice(config.nodes.map(({ id }) => id)) ?? twice(config.nodes.map(({ principal }) => principal));
  if (doubled !== undefined) refuse(config, 'nodes', `two nodes share "${doubled}"`, 'Give each node its own name, id and principal: a shared principal makes the key grant worthless.');
  const place = twice(config.vantages.map(({ name }) => name)) ?? twice(config.vantages.map(({ url }) => url));
  if (place !== undefined) refuse(config, 'vantages', `two vantages share "${place}"`, 'Give each vantage its own name and url.');
  if (policy.verdict.vantages < 2) refuse(config, 'policy.verdict.vantages', `policy.verdict.vantages is ${policy.verdict.vantages}: expected at least 2`, 'One place alone cannot tell a dead validator from its own blindness.');
  if (config.vantages.length < policy.verdict.vantages) {
    refuse(config, 'vantages', `${config.vantages.length} vantages, but ${policy.verdict.vantages} must agree`, 'Add a vantage, or lower policy.verdict.vantages.');
  }
  if (policy.verdict.failing > policy.verdict.window) refuse(config, 'policy.verdict', `failing ${policy.verdict.failing} of window ${policy.verdict.window} can never be reached`, 'Lower failing or raise window.');
  if (config.nodes.some(({ id, power }) => power && id.startsWith('mi-'))) refuse(config, 'nodes', 'power is true for an mi-… node: EC2 cannot power it off', 'Set power to false there.');
  for (const kind of ['lapsed', 'attested'] as const) {
    if (policy.evidence.includes(kind) && policy.assumptions[kind] === undefined) {
      refuse(config, `policy.assumptions.${kind}`, `evidence ${kind} is accepted, but its assumption is not stated`, `Write in policy.assumptions.${kind} what it rests on (20 characters or more).`);
    }
  }
  if (policy.mode === 'approve' && policy.approvers.length < policy.quorum) {
    refuse(config, 'policy.approvers', `${policy.approvers.length} approvers for a quorum of ${policy.quorum}`, 'Add approvers (for example role/validator-approver), or set mode to watch.');
  }
  if (policy.evidence.includes('attested') && policy.approvers.length === 0) refuse(config, 'policy.approvers', 'attested is accepted, but nobody may attest', 'Add approvers.');
  if (policy.evidence.includes('lapsed') && config.chain.kind === 'systemd') {
    refuse(config, 'policy.evidence', 'lapsed cannot be accepted for a chain of kind systemd: a daemon that signs by itself may wake from a freeze and sign before its guard stops it', 'Take lapsed out of policy.evidence; powered-off or attested serve instead.');
  }
  if (policy.evidence.includes('lapsed') && policy.onControlPlaneLoss === 'hold') {
    refuse(config, 'policy.onControlPlaneLoss', 'hold gives up lapsed as evidence', 'Set onControlPlaneLoss to stop, or take lapsed out of evidence.');
  }
  checkTiming(config.timing);
  return config;
};

/**
 * `validators.yaml` as one checked value; nothing of it is used before all of it is valid.
 * @throws BatonError ConfigInvalid, ChainUnknown, HolderUnknown or TimingUnsafe.
 */
export const parseValidatorsFile = (value: unknown): ValidatorsFile => {
  checkChainsKnown(value);
  const file = parseWith(validatorsFile, value, { what: 'validators.yaml', code: 'ConfigInvalid' });
  const doubled = twice(file.validators.map(({ id }) => id));
  if (doubled !== undefined) throw new BatonError('ConfigInvalid', `validator ${doubled} stands twice`, { field: 'validators', fix: 'Remove one of them.' });
  for (const config of file.validators) checkValidator(config);
  return file;
};
