import { answer } from '../../cli/commands/approve.ts';
import { readmit } from '../../cli/commands/readmit.ts';
import { AlertTests } from '../../aws/alert-test.ts';
import { FenceTests } from '../../aws/fence-tests.ts';
import { Approvals } from '../../aws/approvals.ts';
import { Keys } from '../../aws/keys.ts';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { MemberStore } from '../../aws/members.ts';
import { Notify } from '../../aws/notify.ts';
import { Records } from '../../aws/records.ts';
import { TableCheck } from '../../aws/table.ts';
import { Workflow } from '../../aws/workflow.ts';
import type { Context } from '../../cli/context.ts';
import { answerReply, type AnswerReply, type AnswerRequest } from '../../core/answer.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import { BatonError, errorCodes } from '../../core/errors.ts';
import { clientsFor } from './clients.ts';
import { validator } from './enrolment.ts';
import { keyId, tableName } from './guard-run.ts';
import { stateMachine, topic } from './lambda.ts';
import { Proc } from './proc.ts';
import type { Answerer } from './scenarios.ts';
import { whole, type Caller } from './wire.ts';
import type { World } from './world.ts';

/** People: who asks for a failover, who approves and attests, each with the real commands. */

const arn = (role: string, session: string): string => `arn:aws:sts::123456789012:assumed-role/${role}/${session}`;
export const robin = arn('requester', 'robin');

const who: Readonly<Record<Answerer, string>> = {
  honest: arn('approver', 'alex'),
  late: arn('approver', 'lou'),
  double: arn('approver', 'dana'),
  stranger: arn('visitor', 'max'),
  // The requester in another role.
  self: arn('approver', 'robin'),
  denier: arn('approver', 'nick'),
};

const toldIn = (result: unknown): AnswerReply => {
  const { sentence: _sentence, ...told } = (result as { Payload: Record<string, unknown> }).Payload;
  return answerReply.parse(told);
};

/** As the endpoint's client tells it. */
const failureIn = ({ error, cause }: { error: string; cause: string }): BatonError => {
  const code = errorCodes.find((one) => one === error) ?? 'LeaseUnreachable';
  const { errorMessage } = JSON.parse(cause) as { errorMessage: string };
  return new BatonError(code, errorMessage, { fix: 'Answer again.' });
};

export class People {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  contextOf(by: string): Context {
    const { scheduler, wire, services, chain, random } = this.#world;
    const proc = new Proc(scheduler, 'person', { rate: 1, aheadMs: random.between(-2_000, 2_000) });
    const caller: Caller = { proc, actor: 'person', arn: by, timeoutMs: 4_000, line: () => whole };
    const clients = clientsFor(wire, services, caller);
    const table = { client: clients.dynamo, table: tableName };
    return {
      lease: new LeaseStore(table),
      look: {} as Context['look'],
      records: new Records(table),
      arbiter: new ArbiterStore(table),
      members: new MemberStore(table),
      approvals: new Approvals(table),
      answers: { give: (request) => this.#give(proc, by, request) },
      alertTests: new AlertTests(table),
      fenceTests: new FenceTests(table),
      fenceTester: { run: () => Promise.reject(new BatonError('CommandFailed', 'no FenceTest runs here', { fix: 'baton doctor' })) },
      tableCheck: new TableCheck(table),
      notify: () => new Notify({ client: clients.sns, topic }),
      chains: chain.asSeenBy(caller),
      keys: new Keys({ client: clients.kms, keyId }),
      kmsKeys: {} as Context['kmsKeys'],
      workflow: new Workflow({ client: clients.sfn, stateMachine }),
      clock: proc.clock,
      output: { progress: () => undefined } as unknown as Context['output'],
      whoAmI: async () => by,
      confirm: async () => true,
      interrupted: () => new AbortController().signal,
    };
  }

  /** API Gateway, which knows by the signature who calls, and the function behind it. What it answers reaches the person's own process. */
  #give(proc: Proc, by: string, request: AnswerRequest): Promise<AnswerReply> {
    const { lambda, faults } = this.#world;
    const fault = faults.strike('task Answer', 'task')[0];
    return new Promise((resolve, reject) => {
      void lambda.invoke('Answer', { by, request }, fault).then((reply) => {
        proc.deliver(() => {
          if (reply.ok) resolve(toldIn(reply.result));
          else reject(failureIn(reply));
        });
      });
    });
  }

  /** A record waits: everybody who means to answers, each in their time. */
  onAsked(record: ApprovalRecord): void {
    const { random, scenario, healing, scheduler } = this.#world;
    if (record.purpose === 'attestation') {
      if (scenario.attests || healing) this.#attest(record);
      return;
    }
    for (const kind of healing ? (['honest'] as const) : scenario.answerers) {
      const waitMs = kind === 'late' ? random.between(19_000, 24_000) : random.between(200, 2_000);
      const times = kind === 'double' ? 2 : 1;
      for (let time = 0; time < times; time += 1)
        scheduler.after(waitMs + time * random.between(0, 400), 'person', () => {
          void this.#answer(record, kind, kind === 'denier' ? 'deny' : 'approve');
        });
    }
  }

  async #answer(record: ApprovalRecord, kind: Answerer, said: 'approve' | 'deny', statement?: string): Promise<void> {
    const context = this.contextOf(who[kind]);
    const options = {
      answer: said,
      purpose: record.purpose,
      plan: record.planHash.slice(0, 12),
      ...(statement === undefined ? {} : { statement }),
    };
    // As a person would: what fails is typed again a few times.
    for (let tries = 0; tries < 3; tries += 1) {
      try {
        const { lines } = await answer(context, record.validator, options);
        this.#world.say(`${kind} answers ${said}: ${lines[0] ?? ''}`);
        for (const line of lines) this.#world.judge.onTold(line);
        return;
      } catch (error) {
        const { name, message } = error as Error;
        this.#world.judge.onTold(message);
        this.#world.say(`${kind} answers ${said} and is refused: ${name}.`);
        if (name !== 'LeaseUnreachable' && name !== 'WorkflowFailed') return;
      }
    }
  }

  #attest(record: ApprovalRecord): void {
    const { random, scheduler, switches } = this.#world;
    const machine = record.node === undefined ? undefined : this.#world.machines.get(record.node);
    if (!machine) return;
    scheduler.after(random.between(500, 3_000), 'person', () => {
      if (!switches.falseAttestation && machine.power !== 'stopped') machine.pullPlug();
      scheduler.after(500, 'person', () => {
        void this.#answer(record, 'honest', 'approve', 'I cut its power at the rack.');
      });
    });
  }

  /** Ends the quarantine of every machine; what fails is left to the next time. */
  async readmitAll(by: string): Promise<void> {
    const context = this.contextOf(by);
    for (const node of this.#world.machines.keys())
      await readmit(context, validator, node, { reason: 'It is well again.' }).catch((error: unknown) => {
        this.#world.say(`${node} stays in quarantine: ${(error as Error).name}.`);
      });
  }

  /** The runbook's command, under a name that can be replayed. */
  async failover(kind: 'failover' | 'switchover', by: string, episode: string): Promise<void> {
    const context = this.contextOf(by);
    await this.#world.start(
      context,
      kind,
      by === 'watch' ? { kind: 'verdict', by, reason: 'Failing.' } : { kind: 'operator', by, reason: 'By hand.' },
      episode,
    );
  }
}
