import { keyOf, toItem } from '../../aws/items.ts';
import { hashOf } from '../../core/plan.ts';
import { keysIn, type Call, type OnCall } from '../sim/clients.ts';
import { live } from '../sim/life.ts';
import { functionNames } from '../sim/lambda.ts';
import { scenarioNamed, scenarios } from '../sim/scenarios.ts';
import { swarmOptions } from '../sim/swarm.ts';
import { World } from '../sim/world.ts';
import { recordOf } from '../support/core.ts';
import { ask, type Question, type Who } from './ask.ts';
import { callsOfConsole } from './console.ts';
import { callsOfFences } from './fences.ts';
import { callsOfPeople } from './people.ts';
import { contextKeys, questionsOf } from './questions.ts';
import { callsOfRelay } from './relay.ts';
import { servicesOf } from './services.ts';
import { callsOfSlack } from './slack.ts';
import { stackOf, vantageParameters, type Stack } from './stack.ts';

/** Every call that the functions, the guards and the people really make, asked of the policies. */

/** The simulated nodes share one role and are told apart by their session; their own roles would begin with the same letters. */
const simulated = { NodeRolePrefix: 'node' };

export interface Stacks {
  readonly home: Stack;
  readonly away: Stack;
}

export const stacksForCalls = (): Stacks => {
  const home = stackOf({ ...simulated, SlackEnabled: 'true', RelayEnabled: 'true', DrillsEnabled: 'true' });
  const away = stackOf({ ...simulated, ...vantageParameters(home.resolved), VantageName: 'away' }, { stack: 'baton-away' });
  return { home, away };
};

export interface Asked {
  readonly who: string;
  readonly question: Question;
  readonly allowed: boolean;
  /** Statements that allowed it, by policy and Sid. */
  readonly by: readonly string[];
}

/** A node of one validator, and one whose role carries this validator in each of the further tags. */
const nodesOf = (node: string): Who[] =>
  ['', '-2', '-3', '-4'].map((suffix) => {
    const tags = { 'baton-node': node, 'baton-validator': 'other', [`baton-validator${suffix}`]: 'hub-1' };
    return { policy: 'NodePolicy', name: 'node', tags };
  });

const callersOf = (call: Call): { name: string; whos: readonly Who[] } => {
  // The simulator runs no Slack, no relay and no console: what is called there is recorded beside it.
  if ([...functionNames, 'Slack', 'Announce', 'Relay', 'AlertTest', 'FenceTest', 'Console'].includes(call.actor))
    return { name: call.actor, whos: [{ role: `${call.actor}Role` }] };
  const session = call.arn.slice(call.arn.lastIndexOf('/') + 1);
  if (call.actor.startsWith('guard ')) return { name: 'node', whos: nodesOf(session) };
  const person = /assumed-role\/(requester|approver|custodian)\//.exec(call.arn)?.[1];
  // Who has no role of this stack has no policy of it either.
  if (person === undefined) return { name: 'stranger', whos: [] };
  const role = `${person.slice(0, 1).toUpperCase()}${person.slice(1)}Role`;
  return { name: person, whos: [{ role, session }] };
};

/** The same for the same kind of call: names, numbers and hashes do not matter to a policy that holds no such name. */
const shapeOf = (question: Question): string => JSON.stringify(question).replaceAll(/[0-9a-f]{7,}|(?<!validator-)\d+/g, '0');

const stacksOf = ({ home, away }: Stacks, call: Call): readonly Stack[] => {
  if (call.actor !== 'Watch') return [home];
  const key = JSON.stringify(keysIn(call.input));
  if (/#(home|away)"/.test(key)) return [key.includes('#away"') ? away : home];
  return [home, away];
};

const isDecryptOfNode = (question: Question): boolean => question.action === 'kms:Decrypt' && 'policy' in question.who;

/** KMS asks the grants too: one whose constraint is exactly this context, for this very principal. */
const grantKey = (principal: string, context: Question['context']): string =>
  JSON.stringify([principal, ...['validator', 'node', 'term'].map((key) => context?.[`kms:EncryptionContext:${key}`] ?? null)]);

export class Recorder {
  readonly #stacks: Stacks;
  readonly #questions = new Map<string, { name: string; stack: Stack; question: Question }>();
  readonly #grants = new Set<string>();
  readonly #decrypts: { principal: string; question: Question }[] = [];

  constructor(stacks: Stacks) {
    this.#stacks = stacks;
  }

  readonly onCall = (call: Call): void => {
    // Before the run begins, somebody has enrolled the validator: only the grant of that counts.
    if (call.arn === 'setup') {
      const pairs = (call.input['Constraints'] as { EncryptionContextEquals: Record<string, string> }).EncryptionContextEquals;
      this.#grants.add(grantKey(String(call.input['GranteePrincipal']), contextKeys(pairs)));
      return;
    }
    const { name, whos } = callersOf(call);
    for (const stack of stacksOf(this.#stacks, call)) {
      for (const question of whos.flatMap((who) => questionsOf(stack, who, call))) {
        if (question.action === 'kms:CreateGrant') this.#grants.add(grantKey(String(question.context?.['kms:GranteePrincipal']), question.context));
        if (isDecryptOfNode(question) && call.service === 'kms') this.#decrypts.push({ principal: call.arn, question });
        else this.#questions.set(`${stack.resolved.stack} ${shapeOf(question)}`, { name, stack, question });
      }
    }
  };

  /** Every Decrypt of a node, with whether a recorded grant stands for it and whether its own policy would have allowed it. */
  async decrypts(): Promise<readonly { granted: boolean; allowed: boolean }[]> {
    const shapes = new Map(this.#decrypts.map((one) => [shapeOf(one.question), one]));
    return Promise.all(
      [...shapes.values()].map(async ({ principal, question }) => ({
        granted: this.#grants.has(grantKey(principal, question.context)),
        allowed: (await ask(this.#stacks.home, question)).allowed,
      })),
    );
  }

  /** A request to the approvals endpoint, signed by an approver. */
  readonly onRequest = (method: string, path: string): void => {
    const { resolved } = this.#stacks.home;
    const api = `arn:${resolved.partition}:execute-api:${resolved.region}:${resolved.account}:${resolved.ref('ApprovalsApi')}`;
    const question = { who: { role: 'ApproverRole' }, action: 'execute-api:Invoke', resource: `${api}/$default/${method}${path}` };
    this.#questions.set(shapeOf(question), { name: 'approver', stack: this.#stacks.home, question });
  };

  /** What the services of AWS do in the name of this stack's roles, as its resources say. */
  addServices(): void {
    const { home, away } = this.#stacks;
    for (const stack of [home, away]) {
      for (const { name, question } of servicesOf(stack))
        this.#questions.set(`${stack.resolved.stack} ${JSON.stringify(question)}`, { name, stack, question });
    }
  }

  async answers(): Promise<readonly Asked[]> {
    const asked: Asked[] = [];
    for (const { name, stack, question } of this.#questions.values()) asked.push({ who: name, question, ...(await ask(stack, question)) });
    return asked;
  }
}

/** A validator that Baton only watches: it tells people and starts nothing. */
const onlyWatch = async (onCall: OnCall): Promise<void> => {
  const world = new World({ seed: 1, scenario: { ...scenarioNamed('watched'), mode: 'watch' as 'auto' }, onCall });
  for (const machine of world.machines.values()) machine.boot();
  world.chain.start();
  world.scenario.begin(world);
  const told = (): boolean => world.notices.length > 0;
  await world.scheduler.run(120_000, told, () => undefined);
  world.scheduler.end();
};

/** What runs beside a failover: the survey, and an alarm that asks for one. */
const besides = async (onCall: OnCall): Promise<void> => {
  const world = new World({ seed: 1, scenario: scenarioNamed('unreachable'), onCall });
  for (const machine of world.machines.values()) machine.boot();
  world.chain.start();
  world.scheduler.after(11_000, 'fault', () => {
    world.scenario.begin(world);
  });
  const survey = (): void => {
    void world.lambda.invoke('Survey', {}, undefined);
    world.scheduler.after(5_000, 'schedule', survey);
  };
  survey();
  const detail = { alarmName: 'baton-failover-hub-1', state: { value: 'ALARM', reason: 'It rings.' } };
  const event = { id: 'event-1', source: 'aws.cloudwatch', 'detail-type': 'CloudWatch Alarm State Change', detail };
  world.scheduler.after(1_000, 'alarm', () => {
    void world.lambda.invoke('StartOnAlarm', event, undefined);
  });
  await world.scheduler.run(
    90_000,
    () => false,
    () => undefined,
  );
  world.scheduler.end();
};

/** A quiet fleet in which a drill is due. */
const drills = async (onCall: OnCall): Promise<void> => {
  const world = new World({ seed: 1, scenario: scenarioNamed('switchover'), onCall });
  for (const machine of world.machines.values()) machine.boot();
  world.chain.start();
  const config = { ...world.config, policy: { ...world.config.policy, drill: { everyDays: 1, window: { from: '00:00', to: '23:59' } } } };
  const pk = keyOf.config(config.id);
  world.table.items.set(pk, toItem({ config: JSON.parse(JSON.stringify(config)) as object, hash: hashOf(config), pk }));
  // An answered approval of before, and then its own: what waits is read, and what the lease claims.
  const record = recordOf({ validator: config.id, state: 'approved' });
  world.table.items.set(keyOf.approval(record.id), toItem({ ...record, pk: keyOf.approval(record.id) }));
  world.table.items.set(keyOf.approvals(config.id), toItem({ open: record.id, pk: keyOf.approvals(config.id) }));
  let started = false;
  const look = (): void => {
    void world.lambda.invoke('Drill', {}, undefined).then((reply) => {
      if (reply.ok) started ||= (reply.result as { Payload: { execution: string | null } }).Payload.execution !== null;
    });
    world.scheduler.after(2_000, 'schedule', look);
  };
  world.scheduler.after(5_000, 'schedule', look);
  await world.scheduler.run(
    90_000,
    () => false,
    () => undefined,
  );
  world.scheduler.end();
  if (!started) throw new Error('no drill was started: its calls are not recorded');
};

/** @param seeds how many runs with drawn faults, beside one of each scenario. */
export const record = async (seeds: number): Promise<Recorder> => {
  const recorder = new Recorder(stacksForCalls());
  for (const scenario of scenarios) await live({ seed: 1, scenario, onCall: recorder.onCall });
  // A run in which both watches see their validator well again.
  await live({ seed: 214, scenario: scenarioNamed('watched'), onCall: recorder.onCall });
  for (let seed = 1; seed <= seeds; seed += 1) await live({ ...swarmOptions(seed), onCall: recorder.onCall });
  await onlyWatch(recorder.onCall);
  await besides(recorder.onCall);
  await drills(recorder.onCall);
  await callsOfPeople(recorder.onCall, recorder.onRequest);
  await callsOfSlack(recorder.onCall);
  await callsOfConsole(recorder.onCall);
  await callsOfRelay(recorder.onCall);
  await callsOfFences(recorder.onCall);
  recorder.addServices();
  return recorder;
};
