import type { z } from 'zod';
import { AlertTests } from '../../aws/alert-test.ts';
import { Approvals } from '../../aws/approvals.ts';
import { BatchReads } from '../../aws/batch.ts';
import { Command } from '../../aws/command.ts';
import { FenceTests } from '../../aws/fence-tests.ts';
import { Keys } from '../../aws/keys.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { Notify } from '../../aws/notify.ts';
import { Power } from '../../aws/power.ts';
import { Records } from '../../aws/records.ts';
import { RelayLog } from '../../aws/relay-log.ts';
import { SlackThreads } from '../../aws/slack-threads.ts';
import { TableCheck } from '../../aws/table.ts';
import { Tasks } from '../../aws/tasks.ts';
import { Workflow } from '../../aws/workflow.ts';
import { answer } from '../../functions/answer.ts';
import { assess } from '../../functions/assess.ts';
import * as contract from '../../functions/contract.ts';
import { fence } from '../../functions/fence.ts';
import { reinstate } from '../../functions/reinstate.ts';
import { rejoin } from '../../functions/rejoin.ts';
import { releaseKey } from '../../functions/release-key.ts';
import { requestApproval } from '../../functions/request-approval.ts';
import { settle } from '../../functions/settle.ts';
import { Pulses } from '../../functions/shared/console-read.ts';
import { LastLooks } from '../../functions/shared/last-looks.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import { frameOf, type Act } from '../../functions/shared/handler.ts';
import { unmeasured } from '../support/measure.ts';
import { noRemotePower } from '../support/remote-power.ts';
import { drill } from '../../functions/drill.ts';
import { startOnAlarm } from '../../functions/start-on-alarm.ts';
import { survey } from '../../functions/survey.ts';
import { takeTerm } from '../../functions/take-term.ts';
import { verify } from '../../functions/verify.ts';
import { watch } from '../../functions/watch.ts';
import type { TaskReply } from '../../local/asl/interpreter.ts';
import { publicHosts } from '../../relay/index.ts';
import { clientsFor, type Services } from './clients.ts';
import type { Chain } from './chain.ts';
import { keyId, tableName } from './guard-run.ts';
import { Proc } from './proc.ts';
import type { Prng } from './prng.ts';
import type { Scheduler } from './scheduler.ts';
import { whole, type Caller, type Wire } from './wire.ts';

/** Lambda: each invocation is a process of its own, with a clock of its own; it can be slow, doubled, killed, or go on after its time. */

export const stateMachine = 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover';
export const topic = 'arn:aws:sns:us-east-1:123456789012:baton';

type AnyAct = Act<unknown, unknown>;
interface Verb {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly act: AnyAct;
}

const verb = (name: string, of: { input: z.ZodType; output: z.ZodType }, act: unknown): Verb => ({ name, ...of, act: act as AnyAct });

const verbs: Readonly<Record<string, Verb>> = Object.fromEntries(
  [
    verb('Assess', contract.assess, assess),
    verb('RequestApproval', contract.requestApproval, requestApproval),
    verb('TakeTerm', contract.takeTerm, takeTerm),
    verb('Fence', contract.fence, fence),
    verb('ReleaseKey', contract.releaseKey, releaseKey),
    verb('Verify', contract.verify, verify),
    verb('Settle', contract.settle, settle),
    verb('Rejoin', contract.rejoin, rejoin),
    verb('Reinstate', contract.reinstate, reinstate),
    verb('Watch', contract.watch, watch),
    verb('Answer', contract.answer, answer),
    verb('Survey', contract.survey, survey),
    verb('Drill', contract.drill, drill),
    verb('StartOnAlarm', contract.startOnAlarm, startOnAlarm),
  ].map((one) => [one.name, one]),
);
export const functionNames = Object.keys(verbs);

export interface LambdaOptions {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly wire: Wire;
  readonly services: () => Services;
  readonly chain: Chain;
  /** How fast the clock of the next invocation runs. */
  readonly rate: () => number;
  /** A planted bug, for negative controls. */
  readonly plant?: ((name: string, act: AnyAct) => AnyAct) | undefined;
  /** Told of everything that would be logged. */
  readonly onLogged: (text: string) => void;
}

const timeoutsMs: Readonly<Record<string, number>> = {
  Answer: 15_000,
  Watch: 70_000,
  Rejoin: 100_000,
  Assess: 50_000,
  Survey: 50_000,
  Drill: 60_000,
};
const usualTimeoutMs = 28_000;
const sdkTimeoutMs = 3_000;

export class Lambda {
  readonly #options: LambdaOptions;

  constructor(options: LambdaOptions) {
    this.#options = options;
  }

  #deps(proc: Proc, name: string): Deps {
    const { wire, services, random, chain } = this.#options;
    const caller: Caller = {
      proc,
      actor: name,
      arn: `arn:aws:sts::123456789012:assumed-role/baton-${name}/lambda`,
      timeoutMs: sdkTimeoutMs,
      line: () => whole,
    };
    const clients = clientsFor(wire, services(), caller);
    const table = { client: clients.dynamo, table: tableName };
    const read = name === 'Watch' ? { ...table, batch: new BatchReads(table) } : table;
    const command = (document: string): Command => new Command({ client: clients.ssm, document, deliverySeconds: 30 });
    return {
      clock: proc.clock,
      randomHex: (bytes) => random.hex(bytes),
      pulses: new Pulses(),
      lastLooks: new LastLooks(),
      settings: { dryRun: false, approvalRequired: false },
      measure: unmeasured,
      lease: new LeaseStore(read),
      records: new Records(read),
      approvals: new Approvals(table),
      fenceCommand: command('baton-fence'),
      rejoinCommand: command('baton-rejoin'),
      keys: new Keys({ client: clients.kms, keyId }),
      power: new Power({ client: clients.ec2 }),
      remotePower: noRemotePower(),
      inspectCommand: command('baton-inspect'),
      fenceTests: new FenceTests(table),
      workflow: new Workflow({ client: clients.sfn, stateMachine }),
      executions: new Workflow({ client: clients.sfn, stateMachine }),
      answers: new Tasks(clients.sfn),
      notify: new Notify({ client: clients.sns, topic }),
      slack: { post: async () => null, update: async () => false, reply: async () => false, open: async () => false },
      slackThreads: new SlackThreads({ table, randomHex: (bytes) => random.hex(bytes) }),
      stateMachine,
      slackSettings: { read: async () => null },
      chains: chain.asSeenBy(caller),
      tableCheck: new TableCheck(table),
      alertTests: new AlertTests(table),
      // The simulator has no relay, as the template has none unless it is switched on.
      relay: { stack: 'baton', hosts: publicHosts, reach: 'public', settings: () => Promise.reject(new Error('there is no relay')) },
      relayLog: new RelayLog(table),
      alarmPrefix: 'baton-failover-',
      validatorsMeasured: 50,
      watchShards: 1,
    };
  }

  /** One invocation; `fault` as in faults.ts. */
  invoke(name: string, payload: unknown, fault: string | undefined): Promise<TaskReply> {
    const failed = (error: string): TaskReply => ({ ok: false, error, cause: JSON.stringify({ errorType: error, errorMessage: error }) });
    if (fault === 'throttled') return Promise.resolve(failed('Lambda.TooManyRequestsException'));
    if (fault === 'unsent') return Promise.resolve(failed('Lambda.ServiceException'));
    return new Promise((resolve) => {
      this.#run(name, payload, fault, (reply) => {
        resolve(fault === 'lose' ? failed('Lambda.Unknown') : reply);
      });
      if (fault === 'twice') this.#run(name, payload, undefined, resolve);
    });
  }

  #run(name: string, payload: unknown, fault: string | undefined, reply: (reply: TaskReply) => void): void {
    const { scheduler, random } = this.#options;
    const rate = this.#options.rate();
    const proc = new Proc(scheduler, name, { rate, aheadMs: random.between(-2_000, 2_000) });
    const timeoutMs = timeoutsMs[name] ?? usualTimeoutMs;
    const startMs = fault === 'slow' ? random.between(500, 6_000) : random.between(1, 30);
    const failed = (error: string, message: string): void => {
      this.#options.onLogged(message);
      reply({ ok: false, error, cause: JSON.stringify({ errorType: error, errorMessage: message }) });
    };
    scheduler.after(startMs, name, () => {
      const endsMs = scheduler.nowMs + timeoutMs;
      const handler = this.#handler(name, proc);
      const context = { getRemainingTimeInMillis: () => Math.max(0, endsMs - scheduler.nowMs) };
      handler(payload, context).then(
        (result) => {
          const { sentence } = result as { sentence?: string };
          this.#options.onLogged(sentence ?? '');
          reply({ ok: true, result: { Payload: JSON.parse(JSON.stringify(result)) as unknown } });
        },
        (error: unknown) => {
          const { name: kind, message, fix = '' } = error as Error & { fix?: string };
          this.#options.onLogged(fix);
          failed(kind, message);
        },
      );
    });
    scheduler.after(startMs + timeoutMs, name, () => {
      failed('Sandbox.Timedout', 'Task timed out');
      if (fault !== 'zombie') proc.kill();
    });
    if (fault === 'crash')
      scheduler.after(startMs + random.between(0, random.chance(0.5) ? 200 : 3_000), name, () => {
        proc.kill();
        failed('Lambda.Unknown', 'The process ended');
      });
    if (fault === 'zombie') {
      scheduler.after(startMs + random.between(0, random.chance(0.5) ? 200 : 3_000), name, () => {
        proc.pause();
        scheduler.after(random.between(2_000, 45_000), name, () => {
          proc.resume();
        });
      });
    }
  }

  #handler(name: string, proc: Proc): ReturnType<typeof frameOf> {
    const found = verbs[name];
    if (!found) throw new Error(`there is no function ${name}`);
    const act = this.#options.plant ? this.#options.plant(name, found.act) : found.act;
    return frameOf({ name, input: found.input, output: found.output }, act, () => this.#deps(proc, name));
  }
}
