/** What the linters find and Baton does on purpose: the one place for it. A skip that is needed no more is a failure. */

export interface Skip {
  readonly check: string;
  /** Logical ids; `*` for every function. */
  readonly resources: readonly string[];
  readonly reason: string;
}

const functions = ['*Function'];

export const checkovSkips: readonly Skip[] = [
  {
    check: 'CKV_AWS_115',
    resources: functions,
    reason:
      'Reserved concurrency is taken from the whole account, and new accounts have too little to reserve. The workflow runs one step of a failover at a ' +
      'time, the schedules one call a minute and seven short ones every five, and the endpoint is throttled; FunctionThrottled rings when it is not enough.',
  },
  {
    check: 'CKV_AWS_116',
    resources: functions,
    reason:
      'The workflow and the endpoint wait for the answer of their functions. What a schedule or the alarm rule cannot deliver goes to DeadLetterQueue by ' +
      'their own configuration. A watch or survey that fails is worth nothing a minute later; a start-on-alarm or drill that fails is tried twice more by ' +
      'Lambda, and then goes to DeadLetterQueue too. FunctionFailing rings for each of them. A warm-up never fails, and one that is not delivered is nothing.',
  },
  {
    check: 'CKV_AWS_117',
    resources: functions,
    reason:
      'They call AWS and the public RPC of the vantages. In a VPC they would need a NAT gateway, which is one more thing that can fail while a validator ' +
      'is down, and they serve nobody inside one.',
  },
  {
    check: 'CKV_AWS_173',
    resources: functions,
    reason: 'The environment holds names and switches, and no secret; Lambda encrypts it with its own key. Own rule SecretInline looks for secrets.',
  },
  {
    check: 'CKV_AWS_111',
    resources: ['DeployerServicesPolicy'],
    reason: 'CloudWatch takes PutCompositeAlarm on * and on nothing narrower; every other write there is held to names of the stack.',
  },
  {
    check: 'CKV_AWS_33',
    resources: ['TableKey'],
    reason:
      'Its policy lets everybody of this account use it through DynamoDB, SNS and SQS alone (kms:CallerAccount, kms:ViaService), as the keys that AWS ' +
      'manages do. The custody key has no such statement.',
  },
];

/** Rules of cfn-lint that the template switches off for one resource, in its Metadata: `sam validate` reads them only there. */
export const lintIgnores: readonly Skip[] = [
  {
    check: 'W1031',
    resources: ['WatchRole'],
    reason: 'The ARNs of a vantage are empty at home, where nothing refers to them.',
  },
];
