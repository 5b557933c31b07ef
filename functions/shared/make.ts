import type { z } from 'zod';
import { AlertTests } from '../../aws/alert-test.ts';
import { Approvals } from '../../aws/approvals.ts';
import { BatchReads } from '../../aws/batch.ts';
import * as clients from '../../aws/clients.ts';
import { Command } from '../../aws/command.ts';
import { FenceTests } from '../../aws/fence-tests.ts';
import { Keys } from '../../aws/keys.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { Notify } from '../../aws/notify.ts';
import { SecretParameter } from '../../aws/parameter.ts';
import { Power } from '../../aws/power.ts';
import { Records } from '../../aws/records.ts';
import { RelayLog } from '../../aws/relay-log.ts';
import { Slack } from '../../aws/slack.ts';
import { SlackParameter } from '../../aws/slack-settings.ts';
import { SlackThreads } from '../../aws/slack-threads.ts';
import { TableCheck } from '../../aws/table.ts';
import type { Table } from '../../aws/items.ts';
import { Tasks } from '../../aws/tasks.ts';
import { Workflow } from '../../aws/workflow.ts';
import * as everyChain from '../../chains/index.ts';
import type { Clock } from '../../core/time.ts';
import { Redfish, redfishSecret } from '../../power/redfish.ts';
import type { ReadSecret, RemoteSwitches } from '../../power/switch.ts';
import { WebhookSwitch, webhookPowerSecret } from '../../power/webhook.ts';
import * as destinations from '../../relay/index.ts';
import * as runtime from '../../runtime/clock.ts';
import { variable } from '../environment.ts';
import type { Relay, Settings } from './deps.ts';
import { emf, sparing, type Measure } from './metrics.ts';

/**
 * Makes the real parts from the environment. Each is a function of its own, named by the handler that needs it, so that a bundle holds the
 * SDK clients of its own parts and no other.
 */

const deliverySeconds = 30;
/** Secrets of power that are kept for a minute. */
const mostSecrets = 100;
let known: Table | undefined;
const table = (): Table => (known ??= { client: clients.dynamo({ region: variable('BATON_HOME_REGION') }), table: variable('BATON_TABLE') });

export const clock = (): Clock => runtime.systemClock;
export const randomHex = (): ((bytes: number) => string) => runtime.randomHex;
export const settings = (): Settings => ({ dryRun: variable('BATON_DRY_RUN'), approvalRequired: variable('BATON_APPROVAL_REQUIRED') });
export const measure = (): Measure => sparing(emf());
export const lease = (): LeaseStore => new LeaseStore(table());
export const records = (): Records => new Records(table());
let many: Table | undefined;
const batched = (): Table => (many ??= { ...table(), batch: new BatchReads(table()) });
/** For whoever reads the items of the whole fleet again and again. */
export const fleetRecords = (): Records => new Records(batched());
export const fleetLease = (): LeaseStore => new LeaseStore(batched());
export const approvals = (): Approvals => new Approvals(table());
export const fenceCommand = (): Command => new Command({ client: clients.ssm(), document: variable('BATON_FENCE_DOCUMENT'), deliverySeconds });
export const rejoinCommand = (): Command => new Command({ client: clients.ssm(), document: variable('BATON_REJOIN_DOCUMENT'), deliverySeconds });
export const keys = (): Keys => new Keys({ client: clients.kms(), keyId: variable('BATON_KMS_KEY') });
export const power = (): Power => new Power({ client: clients.ec2() });
export const remotePower = (): RemoteSwitches => {
  const [path, loopback] = [variable('BATON_POWER_PATH'), variable('BATON_RELAY_REACH') === 'loopback'];
  const ssm = clients.ssm();
  const secretOf = <S extends z.ZodType>(schema: S): ReadSecret<z.output<S>> => {
    const fix = 'Put the parameter as docs/fences.md says.';
    const known = new Map<string, SecretParameter<S>>();
    return (name, signal) => {
      const found = known.get(name) ?? new SecretParameter({ client: ssm, name: `${path}${name}`, schema, clock: clock(), fix });
      if (known.size < mostSecrets) known.set(name, found);
      return found.read(signal);
    };
  };
  return {
    redfish: new Redfish({ clock: clock(), secret: secretOf(redfishSecret), loopback }),
    webhook: new WebhookSwitch({ clock: clock(), randomHex: runtime.randomHex, secret: secretOf(webhookPowerSecret), loopback }),
  };
};
export const inspectCommand = (): Command => new Command({ client: clients.ssm(), document: variable('BATON_INSPECT_DOCUMENT'), deliverySeconds });
export const fenceTests = (): FenceTests => new FenceTests(table());
let failovers: Workflow | undefined;
export const workflow = (): Workflow =>
  (failovers ??= new Workflow({ client: clients.sfn({ region: variable('BATON_HOME_REGION') }), stateMachine: variable('BATON_STATE_MACHINE') }));
export const executions = (): Workflow => workflow();
export const answers = (): Tasks => new Tasks(clients.sfn({ region: variable('BATON_HOME_REGION') }));
export const notify = (): Notify => new Notify({ client: clients.sns(), topic: variable('BATON_TOPIC') });
let parameter: SlackParameter | undefined;
export const slackSettings = (): SlackParameter =>
  (parameter ??= new SlackParameter({ client: clients.ssm(), name: variable('BATON_SLACK_PARAMETER'), clock: clock() }));
export const slack = (): Slack => new Slack({ settings: slackSettings(), clock: clock() });
export const slackThreads = (): SlackThreads => new SlackThreads({ table: table(), randomHex: runtime.randomHex });
export const stateMachine = (): string => variable('BATON_STATE_MACHINE');
export const chains = (): everyChain.Chains => everyChain.chains;
export const tableCheck = (): TableCheck => new TableCheck(table());
export const alertTests = (): AlertTests => new AlertTests(table());
export const relayLog = (): RelayLog => new RelayLog(table());
export const relay = (): Relay => {
  const [name, reach] = [variable('BATON_RELAY_PARAMETER'), variable('BATON_RELAY_REACH')];
  const fix = 'Put the parameter again as docs/alerts.md says.';
  const secrets = new SecretParameter({ client: clients.ssm(), name, schema: destinations.relaySettings(reach), clock: clock(), fix });
  return { stack: name.split('/')[1] ?? '', hosts: destinations.publicHosts, reach, settings: (signal) => secrets.read(signal) };
};
export const validatorsMeasured = (): number => variable('BATON_VALIDATORS_MEASURED');
export const watchShards = (): number => variable('BATON_WATCH_SHARDS');
export const alarmPrefix = (): string => variable('BATON_ALARM_PREFIX');
