import type { ValidatorConfig } from '../../core/config.ts';
import { fail, not, ok, seenAs, type Finding, type Told } from '../../core/finding.ts';
import type { EpochMs } from '../../core/time.ts';
import { tellKmsKey, tellKmsSigners } from '../../core/doctor-kms.ts';
import { slackUserOf } from '../../core/slack-names.ts';
import type { AlarmSeen, StackFacts, ValidatorFacts } from './look.ts';

/** Whether the stack and the machines are as a failover needs them. Pure: look.ts reads, this judges. */

/** An alarm that has had no data for so long does not watch. */
export const silentAlarmMs = 3_600_000;
/** Signatures are refused from five minutes on; pauses and windows go by this clock too. */
export const skewMs = { warn: 10_000, fail: 240_000 } as const;

const right = 'Use a role with the policy of the stack for people (docs/permissions.md).';
const deploy = 'sam build && sam deploy';
const namesOf = (all: readonly { readonly name: string }[]): string => all.map(({ name }) => name).join(', ');

const tellDocuments = ({ documents }: StackFacts): Told =>
  seenAs(documents, right, (found) => {
    const other = found.filter(({ same }) => !same);
    if (other.length > 0) return not('warn', `Not those of this checkout: ${namesOf(other)}.`, deploy);
    return ok(`${namesOf(found)} are those of this checkout.`);
  });

const tellKey = ({ keyState }: StackFacts): Told =>
  seenAs(keyState, right, (state) =>
    state === 'Enabled'
      ? ok('The custody key is enabled. Whether it can be granted shows only a release.')
      : fail(`The custody key is ${state}: no key can be released.`, 'Enable it in KMS, or cancel its deletion.'),
  );

const tellAlarms = ({ alarms, runbooks, stack }: StackFacts, nowMs: EpochMs): Told =>
  seenAs(alarms, right, (found) => {
    const missing = runbooks.filter((name) => !found.some((one) => one.name === `${stack}-${name}`));
    const off = found.filter(({ actionsEnabled }) => !actionsEnabled);
    const telling = found.filter(({ actions }) => actions > 0);
    const blind = found.filter(({ state, sinceMs }) => state === 'INSUFFICIENT_DATA' && nowMs - sinceMs > silentAlarmMs);
    const ringing = found.filter(({ state }) => state === 'ALARM');
    if (telling.length === 0) return fail('No alarm tells anybody.', deploy);
    if (off.length > 0)
      return fail(
        `Switched off: ${namesOf(off)}.`,
        `aws cloudwatch enable-alarm-actions --alarm-names ${off.map(({ name }: AlarmSeen) => name).join(' ')}`,
      );
    if (missing.length > 0) return not('warn', `Missing: ${missing.join(', ')}.`, deploy);
    if (ringing.length > 0) return not('warn', `Ringing now: ${namesOf(ringing)}.`, 'Read docs/runbooks/NAME.md of each.');
    if (blind.length > 0) return not('warn', `Without data for an hour or more: ${namesOf(blind)}.`, 'See that what they watch runs.');
    return ok(`${found.length} alarms are armed, ${telling.length} of them tell people.`);
  });

const tellSubscriptions = ({ subscriptions }: StackFacts): Told =>
  seenAs(subscriptions, right, (found) => {
    const next = 'Subscribe to TopicArn of the outputs and confirm it, then: baton alert-test';
    if (found === null)
      return not('unchecked', 'Not checked: BATON_TOPIC is not set.', 'export BATON_TOPIC=… (TopicArn in the outputs of the stack)');
    if (found.confirmed === 0) return fail(`Nobody is subscribed; ${found.pending} have not confirmed.`, next);
    const sentence = `${found.confirmed} are subscribed`;
    return found.pending > 0 ? not('warn', `${sentence}, ${found.pending} have not confirmed.`, next) : ok(`${sentence}.`);
  });

const tellSchedules = ({ schedules }: StackFacts): Told =>
  seenAs(schedules, right, (found) => {
    const off = found.filter(({ state }) => state !== 'ENABLED');
    if (found.length === 0) return fail('There is no schedule: nobody watches.', deploy);
    return off.length > 0 ? fail(`Switched off: ${namesOf(off)}.`, deploy) : ok(`${found.length} schedules are enabled.`);
  });

const tellClock = ({ clockAheadMs }: StackFacts): Told =>
  seenAs(clockAheadMs, right, (ahead) => {
    const sentence = `This machine’s clock is ${Math.round(ahead / 1_000)} s ahead of AWS’s.`;
    const next = 'Set the clock by NTP (timedatectl set-ntp true).';
    if (Math.abs(ahead) > skewMs.fail) return fail(sentence, next);
    return Math.abs(ahead) > skewMs.warn ? not('warn', sentence, next) : ok('This machine’s clock agrees with AWS’s.');
  });

/** @returns the findings about the stack as it is deployed. */
export const judgeDeployed = (facts: StackFacts, nowMs: EpochMs): Finding[] => {
  const told: [string, Told][] = [
    ['documents', tellDocuments(facts)],
    ['custody-key', tellKey(facts)],
    ['alarms', tellAlarms(facts, nowMs)],
    ['subscriptions', tellSubscriptions(facts)],
    ['schedules', tellSchedules(facts)],
    ['clock', tellClock(facts)],
  ];
  return told.map(([check, one]) => ({ check, validator: null, node: null, ...one }));
};

const tellChain = ({ watched, head }: ValidatorFacts, { id }: ValidatorConfig): Told =>
  seenAs(watched, `baton status ${id}`, (state) => {
    if (state === 'unobservable')
      return fail('The watch cannot see the chain from enough vantages.', 'See docs/runbooks/ChainUnobservable.md, and the urls of vantages.');
    return seenAs(head, `baton explain gates ${id}`, (height) =>
      height === null
        ? not(
            'unchecked',
            'Not checked: too few vantages answer from here, which may be as it is meant. The watch sees the chain.',
            'Ask from a place that they are open to.',
          )
        : ok(`The vantages show height ${height} from here too.`),
    );
  });

const tellSlack = (): Told =>
  not(
    'unchecked',
    'Not checked: the token of Slack is not for people to read.',
    'baton switchover VALIDATOR --reason drill   (its question must come in Slack; docs/slack.md)',
  );

const tellAgent = ({ agents }: ValidatorFacts, { id, name }: ValidatorConfig['nodes'][number], { policy }: ValidatorConfig): Told =>
  seenAs(agents, right, (found) => {
    const ping = found[id];
    if (ping === 'Online') return ok('SSM reaches it.');
    const state = policy.evidence.includes('stopped') ? 'fail' : 'warn';
    return not(
      state,
      ping === undefined ? 'SSM does not know it.' : `SSM does not reach it: ${ping}.`,
      `On ${name}: sudo systemctl restart amazon-ssm-agent`,
    );
  });

const tellMachine = ({ machines, stack }: ValidatorFacts, { id, power }: ValidatorConfig['nodes'][number]): Told =>
  seenAs(machines, right, (found) => {
    const machine = found[id];
    if (!machine) return fail('EC2 does not know it.', 'Mend its id in validators.yaml, then: baton plan validators.yaml');
    if (machine.tag !== stack)
      return fail(`It lacks the tag baton=${stack}: no fence reaches it.`, `aws ec2 create-tags --resources ${id} --tags Key=baton,Value=${stack}`);
    if (machine.state !== 'running') return not('warn', `It is ${machine.state}.`, `aws ec2 start-instances --instance-ids ${id}`);
    return ok(power ? 'Running, and tagged so that EC2 may stop it. Whether it does shows only a fence.' : 'Running, and tagged.');
  });

/** @returns the findings about the machines of one validator, and about how its chain is seen. */
export const judgeMachines = (facts: ValidatorFacts, config: ValidatorConfig): Finding[] => {
  const inSlack = config.policy.approvers.some((approver) => slackUserOf(approver) !== undefined);
  const told: [string, string | null, Told][] = [
    ['chain', null, tellChain(facts, config)],
    ...(facts.kmsKey
      ? ([
          ['kms-key', null, tellKmsKey(facts.kmsKey)],
          ['kms-signers', null, tellKmsSigners(facts.kmsKey, config)],
        ] as [string, null, Told][])
      : []),
    ...(inSlack ? [['slack', null, tellSlack()] as [string, null, Told]] : []),
    ...config.nodes.map((node): [string, string, Told] => ['agent', node.name, tellAgent(facts, node, config)]),
    ...config.nodes.filter(({ id }) => id.startsWith('i-')).map((node): [string, string, Told] => ['machine', node.name, tellMachine(facts, node)]),
  ];
  return told.map(([check, node, one]) => ({ check, validator: config.id, node, ...one }));
};
