import { marshall } from '@aws-sdk/util-dynamodb';
import { createCipheriv } from 'node:crypto';
import { keyOf } from '../../aws/items.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { attemptId, validatorId } from '../../core/ids.ts';
import { applyWrite, enrol } from '../../core/lease.ts';
import { hashOf } from '../../core/plan.ts';
import { amber, proof, t } from '../support/core.ts';
import type { Services } from './clients.ts';
import { blobOf } from './kms.ts';
import { Proc } from './proc.ts';
import type { Scheduler } from './scheduler.ts';
import type { Table } from './table.ts';
import { whole } from './wire.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';

/** A validator as `baton seal` and `baton apply` leave it, with a key that everybody may know. */

export const validator = validatorId.parse('hub-1');
const seed = Buffer.alloc(32, 3);
export const publicKey = rawPublicKeyOf(privateKeyOf(seed)).toString('base64');
const dataKey = Buffer.alloc(32, 7);

const vault = ((): { box: string; dataKey: string } => {
  const nonce = Buffer.alloc(12, 1);
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(Buffer.from(validator));
  const box = Buffer.concat([nonce, cipher.update(seed), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { box, dataKey: blobOf(dataKey.toString('base64'), { validator }) };
})();

/** What may never be logged or sent to people. */
export const secrets = ['task-token-', 'grant-token-', seed.toString('base64'), seed.toString('hex'), dataKey.toString('base64'), vault.box];

export const enrolIn = (table: Table, of: { config: ValidatorConfig; services: Services; scheduler: Scheduler }): void => {
  const { config, services, scheduler } = of;
  const put = (pk: string, value: Record<string, unknown>): void => {
    table.set(marshall({ ...value, pk }, { removeUndefinedValues: true }), 'setup');
  };
  put(keyOf.vault(validator), { ...vault, publicKey });
  put(keyOf.config(validator), { config, hash: hashOf(config) });
  put(keyOf.fleet(), { validators: [validator] });
  const context = { validator, node: amber, term: '1' };
  const principal = config.nodes.find(({ id }) => id === amber)?.principal;
  const setup = { proc: new Proc(scheduler, 'setup', { rate: 1, aheadMs: 0 }), actor: 'ReleaseKey', arn: 'setup', timeoutMs: 1, line: () => whole };
  const grant = { GranteePrincipal: principal, Constraints: { EncryptionContextEquals: context } };
  const { GrantToken } = services.kms('CreateGrant', grant, setup, 0) as { GrantToken: string };
  const written = applyWrite(
    undefined,
    enrol({
      validator,
      holder: amber,
      evidence: proof({ kind: 'attested', term: t(1), how: 'No other copy of the key can sign.' }),
      attempt: attemptId.parse('enrol'),
      watermark: { kind: 'consensus', height: 90, round: 0, step: 3 },
      sealed: { node: amber, term: t(1), box: vault.box, dataKey: blobOf(dataKey.toString('base64'), context), grantToken: GrantToken },
    }),
  );
  if (written.outcome !== 'done') throw new Error('enrolment was refused');
  put(keyOf.lease(validator), { ...written.lease });
};
