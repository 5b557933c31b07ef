import { TableCheck } from '../../../aws/table.ts';
import { startOnAlarm as contract } from '../../../functions/contract.ts';
import { handlerOf } from '../../../functions/shared/handler.ts';
import { startOnAlarm } from '../../../functions/start-on-alarm.ts';
import { makersOf, World } from '../../support/deps.ts';
import * as check from '../check.ts';
import { mutate, weirdText, type Plain } from '../mutate.ts';
import { hold, same, target, type Outcome, type Target } from '../target.ts';

/** What EventBridge and DynamoDB tell: the event of an alarm, up to what is started, and what kind of table it is. */

const prefix = 'baton-failover-';
const context = { getRemainingTimeInMillis: () => 10_000 } as never;
const isCause = check.isShape({ kind: check.isOneOf('alarm'), by: check.isText(1, 255), reason: check.isText(1, 1_000) });

const event = target<{ event: unknown }>({
  name: 'alarm-event',
  about: 'functions/start-on-alarm.ts: the event of EventBridge, up to what is started',
  make: (random, valid) => {
    const odd = (good: string): string => (valid || random.once(2) ? good : random.pick([`${good}${weirdText(random)}`, weirdText(random)]));
    const made: Plain = {
      version: '0',
      id: odd(`${random.hex(8)}-${random.hex(4)}-${random.hex(12)}`),
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      detail: {
        alarmName: odd(`${prefix}hub-1`),
        state: {
          value: valid ? 'ALARM' : random.pick(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
          reason: odd('Threshold Crossed 😀 ').repeat(random.between(1, 60)),
        },
      },
    };
    return { event: valid || random.once(2) ? made : mutate(random, made) };
  },
  run: async ({ event: given }): Promise<Outcome> => {
    const world = new World();
    const deps = world.deps();
    deps.records.readConfig = async (id) => (id === world.config.id ? { config: world.config, hash: '' } : undefined);
    const handler = handlerOf({ name: 'StartOnAlarm', ...contract }, startOnAlarm, makersOf(deps));
    const { execution } = (await handler(given, context, undefined as never)) as { execution: string | null };
    const { detail, source } = given as { source: string; detail: { alarmName: string; state: { value: string; reason?: string } } };
    same(source, 'aws.cloudwatch', 'the source');
    if (execution === null) {
      hold(detail.state.value !== 'ALARM' && world.inputs.length === 0, 'an alarm that rings was ignored');
      return 'refused';
    }
    same([detail.state.value, detail.alarmName.slice(0, prefix.length)], ['ALARM', prefix], 'what may start');
    const { validator, kind, cause, ...more } = world.inputs[0] as Plain;
    same([validator, kind, more], [detail.alarmName.slice(prefix.length), 'failover', {}], 'what was started');
    hold(check.isExecution(execution) && execution.startsWith(`${String(validator)}.t1.alarm-`), 'the name of the execution');
    check.must(isCause, cause, 'a cause');
    const { by, reason } = cause as { by: string; reason: string };
    same(by, detail.alarmName, 'who asked');
    hold(reason.isWellFormed(), 'half a character');
    return 'accepted';
  },
});

const table = target<{ answer: unknown }>({
  name: 'table-description',
  about: 'aws/table.ts safety',
  make: (random, valid) => {
    const answer: Plain = {
      Table: {
        TableName: 'baton',
        ...(random.once(2) ? { Replicas: Array.from({ length: random.below(3) }, (_, index) => ({ RegionName: `r-${index}` })) } : {}),
        ...(random.once(2) ? { MultiRegionConsistency: random.pick(['STRONG', 'EVENTUAL', 'Strong']) } : {}),
        ...(random.once(2) ? { GlobalTableVersion: random.pick(['2017.11.29', '2019.11.21']) } : {}),
      },
    };
    if (valid) return { answer: { Table: { TableName: 'baton' } } };
    return { answer: random.once(2) ? answer : mutate(random, answer) };
  },
  run: async ({ answer }): Promise<Outcome> => {
    const { state } = await new TableCheck({ client: { send: async () => answer } as never, table: 'baton' }).safety();
    const found = (answer as { Table?: Plain } | null)?.Table;
    const { Replicas: replicas = [], MultiRegionConsistency: consistency, GlobalTableVersion: version } = found ?? {};
    if (state === 'safe') {
      const alone = Array.isArray(replicas) && replicas.length === 0 && version !== '2017.11.29';
      hold(typeof found?.['TableName'] === 'string' && (consistency === 'STRONG' || alone), 'a table that is no lock was called safe');
      return 'accepted';
    }
    return 'refused';
  },
});

export const alarmTargets: readonly Target[] = [event, table];
