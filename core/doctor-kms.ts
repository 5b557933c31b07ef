import { isRecord } from './chain-rules.ts';
import type { ValidatorConfig } from './config.ts';
import { roleBehind } from './doctor-config.ts';
import { fail, not, ok, seenAs, type Seen, type Told } from './finding.ts';
import { wrongOfKey, type KmsKeySeen } from './kms-key.ts';

/**
 * A key that lies in KMS, as doctor sees it. Whoever else may call kms:Sign with it signs past the arbiter, and no lease or fence keeps them from it:
 * so its key policy should deny that to all but the nodes.
 */

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const everybody = (principal: unknown): boolean => principal === '*' || (isRecord(principal) && listOf(principal['AWS']).includes('*'));
const comparisons = ['ArnNotEquals', 'ArnNotLike', 'StringNotEquals'];

/** Who is left out of a denial of kms:Sign for everybody; null when the statement is no such denial, or has other conditions too. */
const spared = (statement: unknown): readonly unknown[] | null => {
  if (!isRecord(statement) || statement['Effect'] !== 'Deny' || !everybody(statement['Principal']) || statement['NotAction'] !== undefined)
    return null;
  if (!listOf(statement['Action']).some((action) => action === 'kms:Sign' || action === 'kms:*')) return null;
  const [condition, ...others] = Object.entries(isRecord(statement['Condition']) ? statement['Condition'] : {});
  if (condition === undefined || others.length > 0) return null;
  const [operator, of] = condition;
  if (!comparisons.includes(operator) || !isRecord(of)) return null;
  return Object.keys(of).join() === 'aws:PrincipalArn' ? listOf(of['aws:PrincipalArn']) : null;
};

/** Whether a key policy denies kms:Sign to everybody but these nodes' roles. */
export const onlyNodesSign = (policy: unknown, nodes: ValidatorConfig['nodes']): boolean => {
  const roles = nodes.map(({ principal }) => roleBehind(principal));
  const isNode = (arn: unknown): boolean => typeof arn === 'string' && !/[*?]/.test(arn) && roles.includes(roleBehind(arn));
  return isRecord(policy) && listOf(policy['Statement']).some((one) => spared(one)?.every(isNode) === true);
};

export interface KmsKeyLook {
  readonly key: Seen<KmsKeySeen>;
  /** Its key policy, parsed. */
  readonly policy: Seen<unknown>;
  /** Of the validator, base64. */
  readonly publicKey: string;
}

const right = 'Use a role with DoctorPolicy of a stack whose SigningKeyArns names the key, and see that the key is enabled.';

export const tellKmsKey = ({ key, publicKey }: KmsKeyLook): Told =>
  seenAs(key, right, (found) => {
    const wrong = wrongOfKey(found, publicKey);
    return wrong === null
      ? ok('The key in KMS can be used, and is the one of this validator.')
      : fail(`The key in KMS cannot sign for this validator: ${wrong}.`, 'Mend kmsKey in validators.yaml, then: baton plan validators.yaml');
  });

export const tellKmsSigners = ({ policy }: KmsKeyLook, { nodes }: ValidatorConfig): Told =>
  seenAs(policy, right, (found) =>
    onlyNodesSign(found, nodes)
      ? ok('Its key policy denies kms:Sign to all but the nodes. Who may change that policy may change this.')
      : not(
          'warn',
          'Its key policy does not deny kms:Sign to all but the nodes: whoever else may sign with it signs past the arbiter.',
          'aws kms put-key-policy, with the denial of docs/signing-key-policy.json',
        ),
  );
