import { unmarshall } from '@aws-sdk/util-dynamodb';
import { keyOf } from '../../aws/items.ts';
import type { Context } from '../../cli/context.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { Lease } from '../../core/lease.ts';
import { failoverName } from '../../core/names.ts';
import type { Cause } from '../../core/plan.ts';
import type { NodeReport } from '../../core/report.ts';
import type { TaskCall, TaskReply } from '../../local/asl/interpreter.ts';
import { amber } from '../support/core.ts';
import { Chain } from './chain.ts';
import { observed, type OnCall, type Services } from './clients.ts';
import { enrolIn, publicKey, secrets, validator } from './enrolment.ts';
import { SimEc2 } from './ec2.ts';
import { Faults, type HostFault, type Planned } from './faults.ts';
import { Judge } from './judge.ts';
import { SimKms } from './kms.ts';
import { Lambda, type LambdaOptions } from './lambda.ts';
import type { Machine } from './machine.ts';
import { machineOf } from './machines.ts';
import { denied, mayPerson } from './permissions.ts';
import { People, robin } from './people.ts';
import { Prng } from './prng.ts';
import { Proc } from './proc.ts';
import { configOf, nodeIds, type Scenario } from './scenarios.ts';
import { Scheduler } from './scheduler.ts';
import { SimSsm } from './ssm.ts';
import { SimStates, type Execution } from './states.ts';
import { strike } from './strike.ts';
import { Table } from './table.ts';
import { named, Wire } from './wire.ts';
import { callsPerson, definition, endStates } from './workflow.ts';

/** One run: a cloud, a chain, machines and people, on one clock and one source of chance. */

/** The documented assumptions; each can be broken to see that the judge finds it. */
export interface Switches {
  /** Relative error of every clock, at most. The policy assumes 0.05. */
  readonly drift: number;
  readonly falseAttestation: boolean;
  /** The recorded active's host prints a proof without stopping. */
  readonly activeLies: boolean;
  /** How many blocks the vantages may lag; the watermark's margin covers 1. */
  readonly maxViewLag: number;
}
export const kept: Switches = { drift: 0.05, falseAttestation: false, activeLies: false, maxViewLag: 1 };

export interface WorldOptions {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly planned?: readonly Planned[];
  readonly chances?: Readonly<Record<string, number>>;
  readonly switches?: Partial<Switches>;
  readonly plant?: LambdaOptions['plant'];
  readonly onCall?: OnCall | undefined;
}

const maxLines = 4_000;

export class World {
  readonly scheduler = new Scheduler();
  readonly random: Prng;
  readonly scenario: Scenario;
  readonly config: ValidatorConfig;
  readonly faults: Faults;
  readonly wire: Wire;
  readonly machines = new Map<string, Machine>();
  readonly judge: Judge;
  readonly chain: Chain;
  readonly lambda: Lambda;
  readonly states: SimStates;
  readonly table: Table;
  readonly people: People;
  readonly services: Services;
  readonly switches: Switches;
  readonly lines: string[] = [];
  readonly notices: string[] = [];
  healing = false;
  #starts = 0;

  constructor(options: WorldOptions) {
    this.random = new Prng(options.seed);
    this.scenario = options.scenario;
    this.switches = { ...kept, ...options.switches };
    this.config = configOf(options.scenario, publicKey);
    const { scheduler, random } = this;
    this.faults = new Faults({ planned: options.planned ?? [], chances: options.chances ?? {}, random });
    this.wire = new Wire({ scheduler, random, faults: this.faults });
    this.judge = new Judge({
      scheduler,
      config: () => this.config,
      machines: this.machines,
      endStates,
      secrets,
      hasZombies: () => this.faults.struck.some((one) => one.endsWith('=zombie')),
      reportOf: (node) => {
        const item = this.table.items.get(keyOf.node(validator, node));
        return item && (unmarshall(item) as NodeReport);
      },
      say: (sentence) => {
        this.say(sentence);
      },
    });
    this.table = new Table((write) => {
      this.judge.onWrite(write);
      if (write.pk.startsWith('approval#') && !write.before && write.after) this.people.onAsked(unmarshall(write.after) as ApprovalRecord);
    });
    const kms = new SimKms((arn, context) => {
      this.judge.onDecrypt(arn, context);
    });
    const [ssm, ec2] = [new SimSsm({ scheduler, machines: this.machines }), new SimEc2(this.machines)];
    const services: Services = {
      dynamo: (action, input, caller) => {
        if (caller.actor === 'person' && !mayPerson(action, input)) throw denied(caller, action);
        return this.table.handle(action, input, caller.actor, this.#ownKey(caller.arn));
      },
      kms: (action, input, caller) => kms.serve(action, input, caller),
      ssm: (action, input, _caller, staleMs) => ssm.serve(action, input, staleMs),
      ec2: (action, input, _caller, staleMs) => ec2.serve(action, input, staleMs),
      sfn: (action, input, caller, staleMs) => {
        if (action === 'SendTaskSuccess' && caller.actor !== 'Answer') throw denied(caller, action);
        return this.states.serve(action, input, staleMs);
      },
      sns: (_action, input) => this.#publish(String(input['Subject']), String(input['Message'])),
    };
    this.services = observed(services, options.onCall);
    this.chain = new Chain({
      scheduler,
      random,
      wire: this.wire,
      machines: () => [...this.machines.values()],
      maxViewLag: this.switches.maxViewLag,
      quarrel: 0.2,
    });
    this.lambda = new Lambda({
      scheduler,
      random,
      wire: this.wire,
      services: () => this.services,
      chain: this.chain,
      rate: () => (this.scenario.clocks === 'worst' ? 1 + this.switches.drift : 1 + random.between(-this.switches.drift, this.switches.drift)),
      plant: options.plant,
      onLogged: (text) => {
        this.judge.onTold(text);
      },
    });
    this.states = new SimStates({
      definition,
      scheduler,
      random,
      clock: new Proc(scheduler, 'states', { rate: 1, aheadMs: 0 }).clock,
      invoke: (execution, call) => this.#invoke(execution, call),
      onEnd: (execution, result) => {
        this.judge.onEnd(execution, result);
        if (result.status === 'FAILED') this.#mustHaveCalled(result.error);
      },
      say: (sentence) => {
        this.say(sentence);
      },
    });
    this.people = new People(this);
    for (const node of this.config.nodes) this.machines.set(node.id, machineOf(this, node));
    enrolIn(this.table, { config: this.config, services: this.services, scheduler });
    this.judge.publish(amber, 1);
  }

  say(sentence: string): void {
    this.scheduler.mix(sentence);
    if (this.lines.length < maxLines) this.lines.push(`${(this.scheduler.nowMs / 1_000).toFixed(3)} s  ${sentence}`);
  }

  machine(id: string): Machine {
    const found = this.machines.get(id);
    if (!found) throw new Error(`there is no machine ${id}`);
    return found;
  }

  lease(): Lease {
    const item = this.table.items.get(keyOf.lease(validator));
    if (!item) throw new Error('there is no lease');
    return unmarshall(item) as Lease;
  }

  strike(id: string, fault: HostFault, lengthMs: number): void {
    strike(this.machine(id), fault, lengthMs);
  }

  #ownKey(arn: string): string | null {
    const node = this.config.nodes.find(({ principal }) => principal === arn);
    return node ? keyOf.node(validator, node.id) : null;
  }

  #publish(subject: string, message: string): unknown {
    this.judge.onTold(subject);
    this.judge.onTold(message);
    this.notices.push(subject);
    this.say(`People are told: ${subject}.`);
    return { MessageId: '1' };
  }

  /** Who fails after the term was taken calls a person, unless that very call was made to fail. */
  #mustHaveCalled(error: string): void {
    const failed = this.faults.struck.some((one) => one.startsWith('task CallPerson'));
    if (callsPerson.has(error) && !failed && !this.notices.includes(`Baton: ${error} ${validator}`))
      this.judge.violate(`it ended in ${error}, and nobody was called`);
  }

  /** A copy of its disk boots as another machine, with the same identity. */
  copyMachine(id: string): void {
    const { options, disk, name } = this.machine(id);
    const copy = machineOf(this, { ...options.node, name: `copy of ${name}` });
    copy.disk.copyOf(disk);
    this.say(`A copy of the disk of ${name} boots.`);
    this.machines.set('copy', copy);
    copy.boot();
  }

  /** People find the copy and take it down. */
  removeCopy(): void {
    this.machines.get('copy')?.pullPlug();
    this.machines.delete('copy');
  }

  async #invoke(execution: Execution, call: TaskCall): Promise<TaskReply> {
    this.#onState(execution, call.state);
    const fault = this.faults.strike(`task ${call.state}`, 'task')[0];
    const args = call.args as Record<string, unknown>;
    if (call.resource === 'arn:aws:states:::sns:publish') {
      if (fault !== undefined && fault !== 'slow' && fault !== 'twice') return { ok: false, error: 'SNS.InternalErrorException', cause: 'down' };
      this.#publish(String(args['Subject']), String(args['Message']));
      return { ok: true, result: { MessageId: '1' } };
    }
    const name = String(args['FunctionName']).split(':').at(-1) ?? '';
    return this.lambda.invoke(name, args['Payload'], fault);
  }

  #onState(execution: Execution, state: string): void {
    for (const kind of this.faults.strike(`enter ${state}`, 'state')) {
      const lengthMs = this.random.between(1_000, 25_000);
      const waitMs = this.random.chance(0.5) ? 0 : this.random.between(0, 3_000);
      this.scheduler.after(waitMs, 'fault', () => {
        const [who = '', what = ''] = kind.split('_');
        if (what !== '') this.strike(nodeIds[who as keyof typeof nodeIds], what as HostFault, lengthMs);
        else this.#personFault(execution, kind, lengthMs);
      });
    }
  }

  #personFault(execution: Execution, kind: string, lengthMs: number): void {
    if (kind === 'second') {
      this.startByPerson('failover', 0);
      return;
    }
    this.states.stop(execution);
    if (kind !== 'stopAndRedrive') return;
    this.scheduler.after(lengthMs, 'person', () => {
      this.states.redrive(execution);
    });
  }

  startByVerdict(afterMs: number): void {
    this.startByPerson('failover', afterMs, 'watch');
  }

  startByPerson(kind: 'failover' | 'switchover', afterMs: number, by: string = robin): void {
    this.#starts += 1;
    const episode = `start-${this.#starts}`;
    this.scheduler.after(afterMs, 'start', () => {
      this.people.failover(kind, by, episode).catch((error: unknown) => {
        this.say(`${episode} is refused: ${(error as Error).name}.`);
      });
    });
  }

  startWatch(vantage: string, afterMs: number): void {
    this.scheduler.after(afterMs, 'schedule', () => {
      void this.lambda.invoke('Watch', { vantage }, undefined);
      this.startWatch(vantage, 60_000);
    });
  }

  async start(context: Context, kind: 'failover' | 'switchover', cause: Cause, episode: string): Promise<void> {
    const lease = await context.lease.read(validator);
    if (!lease) throw named('LeaseMissing');
    await context.workflow.start({ name: failoverName({ validator, term: lease.term, episode }), input: { validator, kind, cause } });
  }
}
