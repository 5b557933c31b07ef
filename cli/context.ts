import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { HttpAnswers } from '../aws/answers.ts';
import { AlertTests } from '../aws/alert-test.ts';
import { Approvals } from '../aws/approvals.ts';
import { ArbiterStore } from '../aws/arbiter.ts';
import { dynamo, ec2, kms, sfn, sns, ssm, sts } from '../aws/clients.ts';
import { FenceTester } from '../aws/fence-tester.ts';
import { FenceTests } from '../aws/fence-tests.ts';
import { whoAmI } from '../aws/identity.ts';
import { Keys } from '../aws/keys.ts';
import { KmsKeys } from '../aws/kms-key.ts';
import { LeaseStore } from '../aws/lease.ts';
import { MemberStore } from '../aws/members.ts';
import { Notify } from '../aws/notify.ts';
import { Records } from '../aws/records.ts';
import { TableCheck } from '../aws/table.ts';
import { Workflow } from '../aws/workflow.ts';
import { chains, type Chains } from '../chains/index.ts';
import type { Answers } from '../core/answer.ts';
import type { ValidatorConfig } from '../core/config.ts';
import { BatonError } from '../core/errors.ts';
import { validatorId, type ValidatorId } from '../core/ids.ts';
import { parseWith } from '../core/parse.ts';
import type { Clock } from '../core/time.ts';
import { systemClock } from '../runtime/clock.ts';
import { cloudwatch, lambda, scheduler } from './doctor/clients.ts';
import { lookBySdk } from './doctor/aws-look.ts';
import type { StackLook } from './doctor/look.ts';
import type { Output } from './output.ts';

/** What every command works with. Tests build their own. */
export interface Context {
  readonly lease: LeaseStore;
  readonly records: Records;
  /** Of custody gate: what decides each signature, and who may ask it. */
  readonly arbiter: ArbiterStore;
  readonly members: MemberStore;
  readonly approvals: Approvals;
  /** Where what waits is answered. */
  readonly answers: Answers;
  readonly alertTests: AlertTests;
  readonly fenceTests: Pick<FenceTests, 'read'>;
  readonly fenceTester: Pick<FenceTester, 'run'>;
  readonly tableCheck: Pick<TableCheck, 'safety'>;
  readonly chains: Chains;
  /** What AWS says of the stack and the machines. */
  readonly look: StackLook;
  readonly keys: Keys;
  /** Validators' own keys that lie in KMS. */
  readonly kmsKeys: Pick<KmsKeys, 'read' | 'policy' | 'check'>;
  readonly workflow: Workflow;
  /** @throws BatonError InputInvalid when BATON_TOPIC is not set: one command alone needs it. */
  readonly notify: () => Pick<Notify, 'send'>;
  readonly clock: Clock;
  readonly output: Output;
  /** The caller's ARN, as STS tells it. */
  readonly whoAmI: () => Promise<string>;
  /** Asks a person for a yes, or for exactly this word; false when there is no terminal to ask at. */
  readonly confirm: (question: string, word?: string) => Promise<boolean>;
  /** Aborts when somebody interrupts the command, instead of ending it. */
  readonly interrupted: () => AbortSignal;
}

const environment = z.object({
  BATON_TABLE: z.string().min(3).prefault('baton'),
  BATON_KMS_KEY: z.string().min(1),
  BATON_STATE_MACHINE: z.string().startsWith('arn:'),
  BATON_APPROVALS_URL: z.string().optional(),
});

const notSet = (field: string): BatonError =>
  new BatonError('InputInvalid', `${field} is not set or not valid: expected the value from the stack's outputs`, {
    field,
    fix: `export ${field}=… (see the outputs of the deployed stack)`,
  });

const confirmAtTerminal = async (question: string, word?: string): Promise<boolean> => {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    if (word !== undefined) return (await terminal.question(`${question} `)).trim() === word;
    return /^y(es)?$/i.test(await terminal.question(`${question} [y/N] `));
  } finally {
    terminal.close();
  }
};

const interrupted = (): AbortSignal => {
  const controller = new AbortController();
  const end = (): void => {
    controller.abort();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  return controller.signal;
};

/** Only who answers needs the endpoint: it is looked for at the first answer. */
const answersAt = (url: string | undefined): Answers => ({
  give: async (request) => {
    if (url !== undefined && url !== '')
      return new HttpAnswers({ url, region: process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'], clock: systemClock }).give(request);
    throw new BatonError('InputInvalid', 'BATON_APPROVALS_URL is not set: approve, deny and attest need it', {
      field: 'BATON_APPROVALS_URL',
      fix: 'export BATON_APPROVALS_URL=… (ApprovalsUrl in the outputs of the deployed stack)',
    });
  },
});

/** The state machine is called STACK-failover. */
export const stackNamed = (stateMachine: string): string => (stateMachine.split(':').at(-1) ?? '').replace(/-failover$/, '');

const topicHere = (): string | undefined => {
  const topic = process.env['BATON_TOPIC'];
  return topic?.startsWith('arn:') === true ? topic : undefined;
};

const lookHere = (of: { BATON_STATE_MACHINE: string; BATON_KMS_KEY: string }): StackLook =>
  lookBySdk({
    clients: { ssm: ssm(), kms: kms(), cloudwatch: cloudwatch(), sns: sns(), scheduler: scheduler(), sts: sts(), ec2: ec2() },
    stack: stackNamed(of.BATON_STATE_MACHINE),
    keyId: of.BATON_KMS_KEY,
    topic: topicHere(),
    clock: systemClock,
  });

/** @throws BatonError InputInvalid when BATON_KMS_KEY or BATON_STATE_MACHINE is not set. */
export const contextFromEnvironment = (output: Output): Context => {
  const found = environment.safeParse(process.env);
  if (!found.success) throw notSet(String(found.error.issues[0]?.path[0] ?? 'environment'));
  const client = dynamo();
  const table = found.data.BATON_TABLE;
  const identity = sts();
  return {
    lease: new LeaseStore({ client, table }),
    records: new Records({ client, table }),
    arbiter: new ArbiterStore({ client, table }),
    members: new MemberStore({ client, table }),
    approvals: new Approvals({ client, table }),
    answers: answersAt(found.data.BATON_APPROVALS_URL),
    alertTests: new AlertTests({ client, table }),
    fenceTests: new FenceTests({ client, table }),
    fenceTester: new FenceTester({ client: lambda(), name: `${stackNamed(found.data.BATON_STATE_MACHINE)}-fence-test` }),
    tableCheck: new TableCheck({ client, table }),
    chains,
    look: lookHere(found.data),
    keys: new Keys({ client: kms(), keyId: found.data.BATON_KMS_KEY }),
    kmsKeys: new KmsKeys({ clientFor: kms }),
    workflow: new Workflow({ client: sfn(), stateMachine: found.data.BATON_STATE_MACHINE }),
    notify: () => {
      const topic = topicHere();
      if (topic === undefined) throw notSet('BATON_TOPIC');
      return new Notify({ client: sns(), topic });
    },
    clock: systemClock,
    output,
    whoAmI: () => whoAmI(identity),
    confirm: confirmAtTerminal,
    interrupted,
  };
};

export const parseValidator = (text: string): ValidatorId => parseWith(validatorId, text, { what: 'VALIDATOR', code: 'InputInvalid' });

const words = z.string().min(1).max(1_000);

/** What a person states, as the records can hold it. @throws BatonError InputInvalid: an item that is longer could be written and never read. */
export const parseWords = (text: string, option: string): string =>
  parseWith(words, text, { what: option, code: 'InputInvalid', fix: `Shorten ${option}.` });

/** @throws BatonError ValidatorUnknown. */
export const configOf = async ({ records }: Pick<Context, 'records'>, validator: ValidatorId): Promise<{ config: ValidatorConfig; hash: string }> => {
  const found = await records.readConfig(validator);
  if (!found)
    throw new BatonError('ValidatorUnknown', `no validator ${validator} is configured`, {
      fix: 'Type `baton status` for the known ones, or `baton apply validators.yaml` to add it.',
    });
  return found;
};

/** @throws BatonError NothingToMove: with custody gate every member signs. */
export const needRelease = ({ id, custody }: ValidatorConfig): void => {
  if (custody === 'release') return;
  throw new BatonError('NothingToMove', `${id} has custody gate: every member signs, so there is nothing to move`, { fix: `baton gate show ${id}` });
};

export { nodeLabel } from '../core/config.ts';
