import type { AlertTest } from '../../aws/alert-test.ts';
import type { CommandResult } from '../../aws/command.ts';
import type { Records, WatchRecord } from '../../aws/records.ts';
import type { Listed } from '../../aws/workflow.ts';
import type { TableSafety } from '../../aws/table.ts';
import type { Execution, WorkflowEvent } from '../../aws/workflow.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { withSuspicion, type BreakerRecord } from '../../core/breaker.ts';
import { BatonError } from '../../core/errors.ts';
import { applyWrite, type Lease, type LeaseWrite, type WriteOutcome } from '../../core/lease.ts';
import type { ExecutionName } from '../../core/ids.ts';
import type { Pause } from '../../core/pause.ts';
import { hashOf } from '../../core/plan.ts';
import type { Quarantine } from '../../core/quarantine.ts';
import type { NodeReport } from '../../core/report.ts';
import type { Observation } from '../../core/verdict.ts';
import { Pulses } from '../../functions/shared/console-read.ts';
import { LastLooks } from '../../functions/shared/last-looks.ts';
import type { Deps, Makers } from '../../functions/shared/deps.ts';
import { alertDeps, noRelay } from './alert-deps.ts';
import { approvalsIn } from './approvals-world.ts';
import { amber, birch, configOf, leaseOf, reportOf, run, v } from './core.ts';
import { measuring } from './measure.ts';
import { FencesWorld } from './remote-power.ts';
import { SlackWorld } from './slack-world.ts';
import { VirtualClock } from './virtual-clock.ts';
import { chainsOf } from './world-chains.ts';

const watchKey = (validator: string, vantage: string): string => (vantage === 'home' ? validator : `${validator}#${vantage}`);

/** A world for handlers: the lease is judged by core's own `applyWrite`; every other service can be made to fail. */
export class World {
  readonly clock = new VirtualClock();
  config: ValidatorConfig = configOf();
  lease: Lease | undefined = leaseOf();
  reports = new Map<string, NodeReport>([
    [amber, reportOf()],
    [birch, reportOf({ node: birch, signing: false })],
  ]);
  /** Nodes whose guard does not run: their report stands still. The active's does unless a test lets it run. */
  silent = new Set<string>([amber]);
  paused: Pause | undefined;
  breaker: BreakerRecord = { suspicions: undefined, clearance: undefined };
  slashed: string | undefined;
  quarantines = new Map<string, Quarantine>();
  approvals = new Map<string, ApprovalRecord>();
  history: { execution: string; atMs: number }[] = [];
  watched = new Map<string, WatchRecord>();
  watcher = { owner: '', rounds: 0 };
  /** The watch as those see it who only read. */
  others: { owner: string; generation: number; round: number } | undefined;
  intent: { nonce: string; commandId?: string | undefined } | undefined;
  vault: { box: string; dataKey: string } | undefined = { box: 'Ym94', dataKey: 'a2V5' };
  sent: string[] = [];
  commandResult: CommandResult = { outcome: 'pending' };
  rejoinResult: CommandResult = { outcome: 'pending' };
  powerState = 'running';
  powerOffs = 0;
  head: number | null = 100;
  /** What the next questions for the head alone are told; then `head`. */
  heads: (number | null)[] = [];
  observe: (vantage: string) => Observation = () => 'signing';
  landed = false;
  /** What the chain tells, look by look, of when nothing is due; then nothing. */
  quietIn: (number | null)[] = [];
  signedAbove: boolean | null = false;
  started: string[] = [];
  inputs: unknown[] = [];
  running = false;
  /** Names of executions that run, and how one that ended is told. */
  executions: ExecutionName[] = [];
  described: Execution = { status: 'SUCCEEDED' };
  events: WorkflowEvent[] = [];
  /** One that a page is about. */
  execution: Execution | undefined;
  /** What the workflow service says runs now. */
  listed: Listed[] = [];
  notices: string[] = [];
  readonly slack = new SlackWorld();
  /** Answers that were handed over, with the token they were handed to. */
  handed: { token: string; answer: Record<string, unknown> }[] = [];
  /** What handing over meets, once each. */
  handOver: Error[] = [];
  table: TableSafety = { state: 'safe', sentence: 'The table lies in one Region.' };
  readonly fences = new FencesWorld();
  alertTest: AlertTest | undefined;
  relay = noRelay();
  /** Validators whose guards were called. */
  readonly calls: string[] = [];
  released: { node: string; term: number }[] = [];
  /** Throws instead of answering: the name of the service. */
  down = new Set<string>();
  /** Answers with what cannot be used. */
  broken = new Set<string>();
  randoms = 0;
  settings = { dryRun: false, approvalRequired: false };
  readonly measured = measuring();
  /** Loses the reply of the next lease write, after its effect. */
  loseReply = false;

  #up(service: string): void {
    if (this.down.has(service)) throw new BatonError('LeaseUnreachable', `${service} gives no answer`, { fix: 'Wait.' });
    if (this.broken.has(service)) throw new BatonError('LeaseInvalid', `${service} cannot be read`, { fix: 'Restore it.' });
  }

  #give<T>(service: string, value: T): T {
    this.#up(service);
    return value;
  }

  write(write: LeaseWrite): WriteOutcome {
    const result = applyWrite(this.lease, write);
    if (result.outcome === 'done') this.lease = result.lease;
    return result;
  }

  #mustWrite(write: LeaseWrite): Lease {
    this.#up('lease');
    const result = this.write(write);
    if (this.loseReply) {
      this.loseReply = false;
      throw new BatonError('LeaseUnreachable', 'the reply was lost', { fix: 'Again.' });
    }
    if (result.outcome === 'done') return result.lease;
    throw new BatonError('StaleTerm', 'refused', { fix: 'baton status' });
  }

  deps(): Deps {
    const records: Partial<Records> = {
      readConfig: async () => {
        this.#up('config');
        return { config: this.config, hash: hashOf(this.config) };
      },
      readReport: async (_, node) => {
        this.#up('reports');
        const report = this.reports.get(node);
        return report && { ...report, sequence: report.sequence + (this.silent.has(node) ? 0 : Math.floor(this.clock.steadyMs() / 1_000)) };
      },
      readPause: async () => this.#give('pause', this.paused),
      readQuarantine: async (_, node) => this.#give('quarantine', this.quarantines.get(node)),
      writeQuarantine: async (_, node, record) => {
        this.#up('quarantine');
        const newer = (this.quarantines.get(node)?.term ?? 0) > record.term;
        if (!newer) this.quarantines.set(node, record);
        return !newer;
      },
      readBreaker: async () => this.#give('breaker', this.breaker),
      suspect: async (seen) => {
        const suspicions = this.#give('breaker', withSuspicion(this.breaker, seen));
        if (suspicions) this.breaker = { ...this.breaker, suspicions };
        return suspicions !== null;
      },
      readVault: async () => this.vault,
      readHistory: async () => this.#give('history', this.history),
      addHistory: async (_, one) => {
        this.history.push(one);
      },
      readFleet: async () => this.#give('fleet', [this.config.id]),
      readWatcher: async () => this.#give('watcher', this.others),
      readFenceIntent: async () => this.intent,
      writeFenceIntent: async (_, __, intent) => {
        this.intent = intent;
      },
      readWatch: async (id, vantage) => this.#give('watch', this.watched.get(watchKey(id, vantage))),
      writeWatch: async (id, vantage, record) => {
        if (record === null) this.watched.delete(watchKey(id, vantage));
        else this.watched.set(watchKey(id, vantage), record);
      },
      takeWatcher: async (_, { owner }) => {
        this.watcher = { owner, rounds: 0 };
      },
      keepWatcher: async (_, owner) => {
        this.watcher.rounds += this.watcher.owner === owner ? 1 : 0;
        return this.watcher.owner === owner;
      },
    };
    const mustBeUp = this.#up.bind(this);
    return {
      clock: this.clock,
      randomHex: (bytes) => (this.randoms += 1).toString(16).padStart(2 * bytes, '0'),
      settings: this.settings,
      pulses: new Pulses(),
      lastLooks: new LastLooks(),
      measure: this.measured,
      records: records as Records,
      approvals: approvalsIn(this.approvals, mustBeUp),
      lease: {
        read: async () => {
          this.#up('lease');
          return this.lease;
        },
        write: async (write) => this.write(write),
        mustWrite: async (write) => this.#mustWrite(write),
        call: async (validator) => {
          this.calls.push(validator);
          return true;
        },
      },
      fenceCommand: {
        sendOnce: async ({ node, nonce }) => {
          this.#up('ssm');
          this.sent.push(`${node}/${nonce}`);
          return 'c-1';
        },
        result: async () => this.commandResult,
      },
      rejoinCommand: {
        sendOnce: async ({ node }) => {
          this.#up('ssm');
          this.sent.push(node);
          return 'c-2';
        },
        result: async () => this.rejoinResult,
      },
      keys: {
        releaseTo: async ({ node, term }) => {
          this.#up('kms');
          this.released.push({ node, term });
          return { node, term, box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
        },
      },
      power: {
        off: async () => {
          this.#up('ec2');
          this.powerOffs += 1;
        },
        state: async () => this.powerState,
        test: async () => this.fences.powerTest,
      },
      workflow: {
        start: async ({ name, input }) => {
          this.#up('workflow');
          this.inputs.push(input);
          const fresh = !this.started.includes(name);
          if (fresh) this.started.push(name);
          return fresh;
        },
        isRunning: async () => {
          this.#up('workflow');
          return this.running;
        },
        running: async () => {
          this.#up('workflow');
          return this.executions;
        },
        describe: async () => {
          this.#up('workflow');
          return this.described;
        },
        history: async () => this.events,
        list: async () => this.#give('workflow', this.listed),
      },
      executions: { find: async () => this.#give('executions', this.execution), history: async () => this.events },
      answers: {
        sendAnswer: async (token, answer) => {
          const failure = this.handOver.shift();
          if (failure) throw failure;
          this.handed.push({ token, answer });
        },
      },
      notify: {
        send: async ({ subject }) => {
          this.notices.push(subject);
          return true;
        },
      },
      ...this.fences.parts(mustBeUp),
      ...this.slack.parts(mustBeUp),
      stateMachine: 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover',
      chains: chainsOf(this),
      tableCheck: { safety: async () => this.table },
      ...alertDeps(this, (service) => {
        this.#up(service);
      }),
      alarmPrefix: 'baton-failover-',
      validatorsMeasured: 50,
      watchShards: 1,
    };
  }
}

/** As handlers take them. */
export const makersOf = (deps: Deps): Makers<keyof Deps> =>
  Object.fromEntries(Object.entries(deps).map(([name, value]) => [name, () => value as unknown])) as unknown as Makers<keyof Deps>;

/** What the watch asks Assess for. */
export const verdictRequest = {
  validator: v,
  kind: 'failover' as const,
  to: undefined,
  cause: { kind: 'verdict' as const, by: 'watch', reason: 'Failing.' },
  execution: run('one'),
};

export const never = new AbortController().signal;
