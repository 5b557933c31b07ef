import type { AlertTests } from '../../aws/alert-test.ts';
import type { Approvals } from '../../aws/approvals.ts';
import type { Command } from '../../aws/command.ts';
import type { FenceTests } from '../../aws/fence-tests.ts';
import type { Keys } from '../../aws/keys.ts';
import type { LeaseStore } from '../../aws/lease.ts';
import type { Notify } from '../../aws/notify.ts';
import type { Power } from '../../aws/power.ts';
import type { Records } from '../../aws/records.ts';
import type { RelayLog } from '../../aws/relay-log.ts';
import type { Slack } from '../../aws/slack.ts';
import type { SlackParameter } from '../../aws/slack-settings.ts';
import type { SlackThreads } from '../../aws/slack-threads.ts';
import type { TableCheck } from '../../aws/table.ts';
import type { Tasks } from '../../aws/tasks.ts';
import type { Workflow } from '../../aws/workflow.ts';
import type { Chains } from '../../chains/index.ts';
import type { Clock } from '../../core/time.ts';
import type { RemoteSwitches } from '../../power/switch.ts';
import type { Hosts, Reach, RelaySettings } from '../../relay/index.ts';
import type { Pulses } from './console-read.ts';
import type { LastLooks } from './last-looks.ts';
import type { Measure } from './metrics.ts';

/** Everything that handlers work with. Each names in its type which parts it needs; make.ts makes the real ones, tests give their own. */
export interface Deps {
  readonly clock: Clock;
  /** `bytes` of randomness, in lower-case hex. */
  readonly randomHex: (bytes: number) => string;
  readonly settings: Settings;
  readonly measure: Measure;
  readonly lease: Pick<LeaseStore, 'read' | 'write' | 'mustWrite' | 'call'>;
  readonly records: Records;
  readonly approvals: Approvals;
  readonly fenceCommand: Pick<Command, 'sendOnce' | 'result'>;
  readonly rejoinCommand: Pick<Command, 'sendOnce' | 'result'>;
  readonly keys: Pick<Keys, 'releaseTo'>;
  readonly power: Pick<Power, 'off' | 'state' | 'test'>;
  /** What cuts the power of machines that are not EC2's. */
  readonly remotePower: RemoteSwitches;
  readonly inspectCommand: Pick<Command, 'sendOnce' | 'result'>;
  readonly fenceTests: Pick<FenceTests, 'read' | 'write'>;
  readonly workflow: Pick<Workflow, 'start' | 'isRunning' | 'describe' | 'history' | 'running' | 'list'>;
  /** What executions did, for people to look at. */
  readonly executions: Pick<Workflow, 'find' | 'history'>;
  /** Hands an answer to the execution that waits for it: the Answer function alone may. */
  readonly answers: Pick<Tasks, 'sendAnswer'>;
  readonly notify: Pick<Notify, 'send'>;
  readonly slack: Pick<Slack, 'post' | 'update' | 'reply' | 'open'>;
  readonly slackSettings: Pick<SlackParameter, 'read'>;
  readonly slackThreads: Pick<SlackThreads, 'read' | 'add' | 'close' | 'claim' | 'forget'>;
  /** ARN of the failover state machine. */
  readonly stateMachine: string;
  readonly chains: Chains;
  /** What this process has seen of who lives. */
  readonly pulses: Pulses;
  /** What the survey saw in its calls before. */
  readonly lastLooks: LastLooks;
  readonly tableCheck: Pick<TableCheck, 'safety'>;
  readonly alertTests: Pick<AlertTests, 'read' | 'begin' | 'noteRelays'>;
  readonly relay: Relay;
  readonly relayLog: Pick<RelayLog, 'takenBy' | 'note'>;
  /** The name of an alarm that may start a failover is this and the validator's. */
  readonly alarmPrefix: string;
  /** So many validators of the fleet have figures of their own: each is a metric that is paid for. */
  readonly validatorsMeasured: number;
  /** So many watchers share the fleet. */
  readonly watchShards: number;
}

/** Where alerts are passed on to. */
export interface Relay {
  /** Name of the stack, as the keys of alerts begin. */
  readonly stack: string;
  readonly hosts: Hosts;
  readonly reach: Reach;
  /** @throws BatonError ConfigInvalid or WorkflowFailed. */
  readonly settings: (signal: AbortSignal) => Promise<RelaySettings>;
}

/** What the whole stack may do, whatever a validator's policy says. */
export interface Settings {
  /** Nothing is moved: Assess tells what would be done. */
  readonly dryRun: boolean;
  /** Policy `auto` counts as `approve`. */
  readonly approvalRequired: boolean;
}

/** How each needed part is made, at the first call. */
export type Makers<Need extends keyof Deps> = { readonly [K in Need]: () => Deps[K] };
