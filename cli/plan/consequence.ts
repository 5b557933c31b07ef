import type { ValidatorConfig } from '../../core/config.ts';
import type { FieldChange } from './fields.ts';

/** What a changed field means for who may sign, in words. */

export interface Consequence {
  readonly sentence: string;
  /** Somebody should read it twice. */
  readonly risky: boolean;
}

type Tell = (change: FieldChange, config: ValidatorConfig) => Consequence | null;

const plain = (sentence: string): Consequence => ({ sentence, risky: false });
const risky = (sentence: string): Consequence => ({ sentence, risky: true });
const unquoted = (json: string | null): string => (json ?? '').replace(/^"(.*)"$/s, '$1');
const lower = ({ before, after }: FieldChange): boolean => Number(after) < Number(before);

const evidence: Tell = ({ op, before, after }, { policy }) => {
  const kind = unquoted(op === '-' ? before : after);
  if (op === '-') return plain(`${kind} proves nothing any more: when no other proof is to be had, nobody signs and a person is called.`);
  if (kind === 'lapsed')
    return risky(`Waiting alone will be proof that a node stopped. It rests on: ${policy.assumptions.lapsed ?? '(nothing stated)'}`);
  if (kind === 'attested')
    return risky(`The word of a person will be proof that a node stopped. It rests on: ${policy.assumptions.attested ?? '(nothing stated)'}`);
  return plain(`${kind} will lead to a release.`);
};

const approvers: Tell = ({ op, before, after }) => {
  if (op === '-') return plain(`${unquoted(before)} may approve nothing any more.`);
  const group = unquoted(after).startsWith('role/') ? ', and with it everybody who may take that role' : '';
  return risky(`${unquoted(after)} may approve that the right to sign moves${group}.`);
};

const mode: Tell = ({ after }) => {
  if (after === '"auto"') return risky('Baton moves the right to sign by itself, without a question, unless the stack has ApprovalRequired=true.');
  return plain(after === '"watch"' ? 'Baton only tells; a person must ask for each failover.' : 'People are asked before the right to sign moves.');
};

const nodes: Tell = ({ op, path, after, before }) => {
  const [, name = '', field = '', part] = path.split('.');
  if (field === 'id' && op === '+') return plain(`${name} may be chosen to sign.`);
  if (field === 'id' && op === '-')
    return plain(`${name} can no longer be chosen to sign. Its role keeps what IAM allows it until you take that away.`);
  if (field === 'id')
    return risky(`Another machine is meant by ${name} from now on: fencing goes to ${unquoted(after)}, not to ${unquoted(before)}.`);
  if (field === 'principal' && op === '~')
    return risky(`The key will be released to ${unquoted(after)}; what is released now stays with ${unquoted(before)}.`);
  if (field === 'power' && op !== '-' && ['kind', 'url', 'system', 'uuid'].includes(String(part)))
    return risky(`The machine whose power is cut for ${name} is told by this. Then: baton fence-test VALIDATOR --node ${name}`);
  if (field === 'power' && part === undefined && op !== '-')
    return after === 'true' ? plain(`EC2 may switch ${name} off to fence it.`) : op === '~' ? plain(`EC2 will not switch ${name} off.`) : null;
  return null;
};

const timingConsequence = 'The functions use it from now on. A guard goes by its own file: change the timing there too (guard/install.sh).';

const rules: readonly (readonly [RegExp, Tell])[] = [
  [/^policy\.evidence$/, evidence],
  [/^policy\.approvers$/, approvers],
  [/^policy\.mode$/, mode],
  [/^policy\.quorum$/, (change) => (change.op === '~' && lower(change) ? risky('Fewer people must agree.') : plain('So many people must agree.'))],
  [/^policy\.assumptions\./, () => risky('A release rests on this sentence.')],
  [
    /^policy\.onControlPlaneLoss$/,
    ({ after }) =>
      after === '"hold"'
        ? risky('A guard signs on when it cannot read the lease; silence then proves nothing, however long. Change the guards’ own files too.')
        : plain('A guard stops by itself when it cannot read the lease. Change the guards’ own files too.'),
  ],
  [/^policy\.maxPerDay$/, (change) => (lower(change) ? null : risky('Baton may move it more often within a day before a person must look.'))],
  [/^policy\.watermarkMargin$/, (change) => (lower(change) ? risky('A new holder begins to sign closer to the last observed duty.') : null)],
  [/^policy\.maxLag$/, (change) => (lower(change) ? null : plain('A standby may be further behind and still be chosen.'))],
  [/^policy\.verdict\./, () => plain('It changes how soon the validator counts as failing.')],
  [
    /^kmsKey$/,
    ({ after }) =>
      after === null
        ? plain('The key is sealed for each member from now on: baton gate add VALIDATOR NODE, for each.')
        : risky(
            'Members sign with this key in KMS. Whoever else may call kms:Sign with it signs past the arbiter. Then: baton gate add VALIDATOR NODE, for each.',
          ),
  ],
  [
    /^custody$/,
    ({ after }) => (after === '"gate"' ? plain('Several nodes sign, and the arbiter decides each signature. This never changes.') : null),
  ],
  [/^nodes\./, nodes],
  [/^vantages\..*\.url$/, ({ op }) => (op === '-' ? plain('The chain is seen from one place less.') : null)],
  [/^chain\.(publicKey|chainId)$/, ({ op }) => (op === '~' ? risky('This is another key or another chain: signatures are looked for there.') : null)],
  [/^chain\.kind$/, ({ op }) => (op === '~' ? risky('Another kind of chain: its probes and its watermark are others.') : null)],
  [
    /^holder$/,
    ({ op }) => (op === '~' ? risky('Nothing moves by this: it is read when a validator is enrolled. To move it: baton switchover.') : null),
  ],
  [/^timing\.coolDownMs$/, (change) => (lower(change) ? risky('Two failovers may follow each other sooner.') : null)],
  [/^timing\.(leaseMs|drift|marginMs|stopMs|pollMs|readTimeoutMs)$/, () => risky(timingConsequence)],
];

/** What this change means, or null when there is nothing to add to the values. */
export const consequenceOf = (change: FieldChange, config: ValidatorConfig): Consequence | null =>
  rules.find(([path]) => path.test(change.path))?.[1](change, config) ?? null;
