import type { AlertTest } from '../../aws/alert-test.ts';
import type { Approvals } from '../../aws/approvals.ts';
import type { CommandResult } from '../../aws/command.ts';
import type { Records, WatchRecord } from '../../aws/records.ts';
import type { Listed } from '../../aws/workflow.ts';
import type { TableSafety } from '../../aws/table.ts';
import type { SlackSettings } from '../../aws/slack-settings.ts';
import { decide, type ApprovalRecord } from '../../core/approval.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { applyWrite, type Lease, type LeaseWrite, type WriteOutcome } from '../../core/lease.ts';
import type { Pause } from '../../core/pause.ts';
import { hashOf } from '../../core/plan.ts';
import type { NodeReport } from '../../core/report.ts';
import type { SlackMessage } from '../../core/slack-message.ts';
import type { SlackMessageAt } from '../../core/slack-names.ts';
import type { Observation } from '../../core/verdict.ts';
import type { Deps, Makers } from '../../functions/shared/deps.ts';
import { amber, birch, configOf, leaseOf, reportOf, run, v } from './core.ts';
import { measuring } from './measure.ts';
import { VirtualClock } from './virtual-clock.ts';

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
  approvals = new Map<string, ApprovalRecord>();
  history: { execution: string; atMs: number }[] = [];
  watched = new Map<string, WatchRecord>();
  watcher = { owner: '', rounds: 0 };
  intent: { nonce: string; commandId?: string | undefined } | undefined;
  vault: { box: string; dataKey: string } | undefined = { box: 'Ym94', dataKey: 'a2V5' };
  sent: string[] = [];
  commandResult: CommandResult = { outcome: 'pending' };
  rejoinResult: CommandResult = { outcome: 'pending' };
  powerState = 'running';
  powerOffs = 0;
  head: number | null = 100;
  observe: (vantage: string) => Observation = () => 'signing';
  landed = false;
  started: string[] = [];
  inputs: unknown[] = [];
  running = false;
  /** What the workflow service says runs now. */
  listed: Listed[] = [];
  notices: string[] = [];
  /** What Slack was told; while it is down it takes nothing. */
  slack = {
    up: false,
    settings: null as SlackSettings | null,
    posted: [] as SlackMessage[],
    updated: [] as { at: SlackMessageAt; message: SlackMessage }[],
    replies: [] as { url: string; text: string }[],
  };
  /** Answers that were handed over, with the token they were handed to. */
  handed: { token: string; answer: Record<string, unknown> }[] = [];
  /** What handing over meets, once each. */
  handOver: Error[] = [];
  table: TableSafety = { state: 'safe', sentence: 'The table lies in one Region.' };
  alertTest: AlertTest | undefined;
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

  #from<T>(service: string, value: T): T {
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
      readPause: async () => this.#from('pause', this.paused),
      readVault: async () => this.vault,
      readHistory: async () => this.#from('history', this.history),
      addHistory: async (_, one) => {
        this.history.push(one);
      },
      readFleet: async () => {
        this.#up('fleet');
        return [this.config.id];
      },
      readFenceIntent: async () => this.intent,
      writeFenceIntent: async (_, __, intent) => {
        this.intent = intent;
      },
      readWatch: async (id, vantage) => {
        this.#up('watch');
        return this.watched.get(watchKey(id, vantage));
      },
      writeWatch: async (id, vantage, record) => {
        if (record === null) this.watched.delete(watchKey(id, vantage));
        else this.watched.set(watchKey(id, vantage), record);
      },
      takeWatcher: async (_, owner) => {
        this.watcher = { owner, rounds: 0 };
      },
      keepWatcher: async (_, owner) => {
        this.watcher.rounds += this.watcher.owner === owner ? 1 : 0;
        return this.watcher.owner === owner;
      },
    };
    const approvals: Partial<Approvals> = {
      read: async (id) => this.approvals.get(id),
      findOpen: async (id) => {
        this.#up('approvals');
        return [...this.approvals.values()].findLast(({ validator }) => validator === id);
      },
      waiting: async (id) => {
        this.#up('approvals');
        return [...this.approvals.values()].findLast(({ validator }) => validator === id);
      },
      create: async (record) => {
        if (!this.approvals.has(record.id)) this.approvals.set(record.id, record);
      },
      noteMessage: async (record, slack) => {
        this.#up('note');
        if (this.approvals.get(record.id) === record) this.approvals.set(record.id, { ...record, slack, version: record.version + 1 });
      },
      decide: async (id, given) => {
        const judged = decide(this.approvals.get(id) as ApprovalRecord, given);
        if (judged.outcome === 'refused') throw new BatonError(judged.code, judged.reason, { fix: 'x' });
        this.approvals.set(id, judged.record);
        return judged.record;
      },
    };
    return {
      clock: this.clock,
      randomHex: (bytes) => (this.randoms += 1).toString(16).padStart(2 * bytes, '0'),
      settings: this.settings,
      measure: this.measured,
      records: records as Records,
      approvals: approvals as Approvals,
      lease: {
        read: async () => {
          this.#up('lease');
          return this.lease;
        },
        write: async (write) => this.write(write),
        mustWrite: async (write) => this.#mustWrite(write),
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
      },
      workflow: {
        start: async ({ name, input }) => {
          this.#up('workflow');
          this.inputs.push(input);
          const fresh = !this.started.includes(name);
          if (fresh) this.started.push(name);
          return fresh;
        },
        isRunning: async () => this.#from('workflow', this.running),
        list: async () => this.#from('workflow', this.listed),
      },
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
      slack: {
        post: async (message) => {
          this.slack.posted.push(message);
          return this.slack.up ? { channel: 'C0BATON', ts: '1700000000.000100' } : null;
        },
        update: async (at, message) => {
          this.slack.updated.push({ at, message });
          return this.slack.up;
        },
        reply: async (url, text) => {
          this.slack.replies.push({ url, text });
          return this.slack.up;
        },
      },
      slackSettings: {
        read: async () => {
          this.#up('slack');
          return this.slack.settings;
        },
      },
      chains: {
        look: async (_, vantage) => {
          const observation = this.observe(vantage);
          return {
            result: { observation, head: this.head, lastSigned: null, sentence: observation },
            memory: { head: this.head, lastSigned: null, stillMs: 0, observation },
          };
        },
        landed: async () => ({ signed: this.landed, head: this.head }),
        headOf: async () => this.head,
      },
      tableCheck: { safety: async () => this.table },
      alertTests: {
        read: async () => {
          this.#up('alert-test');
          return this.alertTest;
        },
      },
      alarmPrefix: 'baton-failover-',
      validatorsMeasured: 50,
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
