import { Approvals } from '../../aws/approvals.ts';
import { dynamo, ec2, kms, sfn, sns, ssm } from '../../aws/clients.ts';
import { Command } from '../../aws/command.ts';
import { Keys } from '../../aws/keys.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { Notify } from '../../aws/notify.ts';
import { Power } from '../../aws/power.ts';
import { Records } from '../../aws/records.ts';
import { Workflow } from '../../aws/workflow.ts';
import { chains, type Chains } from '../../chains/index.ts';
import type { Clock } from '../../core/time.ts';
import { randomHex, systemClock } from '../../runtime/clock.ts';
import { environment } from '../environment.ts';

/** What a handler works with. Tests give their own. */
export interface Deps {
  readonly clock: Clock;
  /** `bytes` of randomness, in lower-case hex. */
  readonly randomHex: (bytes: number) => string;
  readonly lease: Pick<LeaseStore, 'read' | 'write' | 'mustWrite'>;
  readonly records: Records;
  readonly approvals: Approvals;
  readonly fenceCommand: Pick<Command, 'sendOnce' | 'result'>;
  readonly rejoinCommand: Pick<Command, 'sendOnce' | 'result'>;
  readonly keys: Pick<Keys, 'releaseTo'>;
  readonly power: Pick<Power, 'off' | 'state'>;
  readonly workflow: Pick<Workflow, 'start' | 'isRunning'>;
  readonly notify: Pick<Notify, 'send'>;
  readonly chains: Chains;
}

const deliverySeconds = 30;
let made: Deps | undefined;

/** The real ones, made once per container. */
export const realDeps = (): Deps => {
  if (made) return made;
  const env = environment();
  const table = { client: dynamo(), table: env.BATON_TABLE };
  const client = ssm();
  made = {
    clock: systemClock,
    randomHex,
    lease: new LeaseStore(table),
    records: new Records(table),
    approvals: new Approvals(table),
    fenceCommand: new Command({ client, document: env.BATON_FENCE_DOCUMENT, deliverySeconds }),
    rejoinCommand: new Command({ client, document: env.BATON_REJOIN_DOCUMENT, deliverySeconds }),
    keys: new Keys({ client: kms(), keyId: env.BATON_KMS_KEY }),
    power: new Power({ client: ec2() }),
    workflow: new Workflow({ client: sfn(), stateMachine: env.BATON_STATE_MACHINE }),
    notify: new Notify({ client: sns(), topic: env.BATON_TOPIC }),
    chains,
  };
  return made;
};
