import { stepsOf, type Step } from '../../cli/commands/explain.ts';
import { failover } from '../../cli/commands/failover.ts';
import { BatonError } from '../../core/errors.ts';
import { executionName, validatorId, type ExecutionName } from '../../core/ids.ts';
import { elapsedMs, type SteadyMs } from '../../core/time.ts';
import { heightOf } from '../../core/watermark.ts';
import { stack } from '../deployment.ts';
import { consoleDeps } from '../web/deps.ts';
import { startWeb } from '../web/server.ts';
import { answersOf } from './answers.ts';
import type { Findings } from './chain.ts';
import { recoverCold } from './cold.ts';
import type { DrillOptions, DrillResult } from './options.ts';
import { until } from './until.ts';
import { scenarios, type Scenario } from './scenarios.ts';
import { validator } from './enrol.ts';
import { makeWorld, type World } from './world.ts';

/** One drill from start to end: a healthy validator, a fault, what Baton does about it, and what the chain says afterwards. */

/** Choices and waits repeat the sentence of the task before them. */
const quietStates: readonly string[] = ['Assessed', 'Approved', 'Fenced', 'Attested', 'Unattested', 'Verified', 'Settled', 'Quarantine', 'WhichEnd'];
const id = validatorId.parse(validator);

class Drill {
  readonly #options: DrillOptions;
  readonly #scenario: Scenario;
  readonly #world: World;
  readonly #startedMs: SteadyMs;

  constructor(options: DrillOptions, world: World, startedMs: SteadyMs) {
    this.#options = options;
    this.#scenario = scenarios[options.scenario];
    this.#world = world;
    this.#startedMs = startedMs;
  }

  tell(sentence: string): void {
    this.#options.tell(sentence, this.#options.clock.steadyMs() - this.#startedMs);
  }

  async becomeHealthy(): Promise<void> {
    const { chain, amber, birch, cloud } = this.#world;
    const { clock } = this.#options;
    const head = await chain.head();
    await until(clock, 60_000, 'the first signature', () => chain.firstSignedAbove(head));
    this.tell(
      this.#scenario.cold ? 'amber signs, alone; birch is a fresh machine that no configuration names.' : 'amber signs; birch is its standby.',
    );
    const { records } = this.#world.contextOf('requester');
    await until(
      clock,
      60_000,
      'a ready standby',
      async () => (await records.readReport(id, birch.id))?.synced === true && (await records.readReport(id, amber.id))?.signing === true,
    );
    await cloud.startSchedules();
    await until(clock, 20_000, 'the watch', async () => ((await records.readWatcher('home'))?.round ?? 0) >= 3);
    this.tell('The watch sees its signatures from two vantages: healthy.');
  }

  async break(): Promise<void> {
    const { chain, amber } = this.#world;
    const { fault, about } = this.#scenario;
    if (fault === 'crash') await chain.breakProcess(amber);
    if (fault === 'freeze') amber.sandbox.freeze();
    if (fault === 'cut') amber.sandbox.cut();
    if (fault === 'destroy') await amber.sandbox.destroy();
    if (this.#scenario.byAlarm) await this.#world.cloud.ring(`${stack}-failover-${validator}`);
    this.tell(fault === 'none' ? `Asked for: ${about}.` : `Broken: ${about}.`);
  }

  async executionStarts(): Promise<ExecutionName> {
    const { cloud, contextOf } = this.#world;
    if (this.#scenario.fault === 'none') {
      await failover(contextOf('requester'), validator, { kind: 'switchover', to: 'birch', reason: 'a drill', wait: false });
    }
    if (this.#scenario.byPerson) {
      await failover(contextOf('requester'), validator, { kind: 'failover', reason: 'amber hangs, and nothing reaches it', wait: false });
    }
    if (this.#scenario.cold) {
      await recoverCold(this.#world, this.#options.clock, (sentence) => {
        this.tell(sentence);
      });
    }
    const found = await until(this.#options.clock, 60_000, 'the start of a failover', async () => cloud.states.executions()[0]);
    if (this.#scenario.byAlarm) this.tell(`The alarm ${stack}-failover-${validator} rings; ${found.name} has started.`);
    else if (this.#scenario.cold) this.tell(`${found.name} has started.`);
    else if (this.#scenario.byPerson) this.tell(`robin asks for a failover; ${found.name} has started.`);
    else this.tell(this.#scenario.fault === 'none' ? `Switchover ${found.name} has started.` : `The verdict is failing; ${found.name} has started.`);
    return executionName.parse(found.name);
  }

  async #comeBackOnce(state: { back: boolean }): Promise<void> {
    const { chain, amber, birch, contextOf } = this.#world;
    if (state.back || !this.#scenario.comesBack) return;
    const lease = await contextOf('requester').lease.read(id);
    if (lease?.holder !== birch.id || lease.phase !== 'HELD') return;
    state.back = true;
    chain.mend(amber);
    if (this.#scenario.fault === 'freeze') amber.sandbox.thaw();
    if (this.#scenario.fault === 'cut') amber.sandbox.heal();
    if (this.#scenario.fault !== 'crash') this.tell('amber comes back, after birch has begun to sign.');
  }

  /** Follows the execution to its end, telling each step; notes the first signature of the new holder as the chain shows it. */
  async follow(
    execution: ExecutionName,
  ): Promise<{ end: string; cause: string; steps: Step[]; firstNew: { height: number; atMs: SteadyMs } | null }> {
    const { contextOf, chain, birch } = this.#world;
    const { workflow, lease } = contextOf('requester');
    const answerIfAsked = answersOf(this.#options, this.#world, (sentence) => {
      this.tell(sentence);
    });
    const back = { back: false };
    let told = 0;
    let releasedAt: number | null = null;
    let firstNew: { height: number; atMs: SteadyMs } | null = null;
    const tellSteps = async (all: boolean): Promise<Step[]> => {
      const steps = stepsOf(await workflow.history(execution)).filter(({ sentence, state }) => sentence !== '' && !quietStates.includes(state));
      const done = all ? steps : steps.slice(0, -1);
      for (const { state, sentence, tookMs } of done.slice(told)) if (!sentence.startsWith('No ')) this.tell(`${state}: ${sentence} (${tookMs} ms)`);
      told = Math.max(told, done.length);
      return steps;
    };
    const ended = await until(this.#options.clock, this.#options.slack ? 3_600_000 : 240_000, 'the end of the failover', async () => {
      await answerIfAsked();
      const now = await lease.read(id);
      if (releasedAt === null && now?.holder === birch.id) releasedAt = now.watermark ? heightOf(now.watermark) : 0;
      if (releasedAt !== null) firstNew ??= await chain.firstSignedAbove(releasedAt);
      await this.#comeBackOnce(back);
      const described = await workflow.describe(execution);
      await tellSteps(described.status !== 'RUNNING');
      return described.status === 'RUNNING' ? null : described;
    });
    const end = ended.status === 'SUCCEEDED' ? 'SUCCEEDED' : (ended.error ?? ended.status);
    return { end, cause: ended.cause ?? ended.sentence ?? '', steps: await tellSteps(true), firstNew };
  }
}

const verdictSentence = (findings: Findings, extra: string): string => {
  if (findings.doubleSigned > 0 || findings.late > 0)
    return `SIGNED TWICE: ${findings.doubleSigned} double signings and ${findings.late} late signatures are on the chain.`;
  return `Nobody signed twice: ${findings.how}; 0 double signings, 0 late signatures.${extra}`;
};

const drillGuarded = async (options: DrillOptions, world: World, startedMs: SteadyMs): Promise<DrillResult> => {
  const { clock } = options;
  const scenario = scenarios[options.scenario];
  const drill = new Drill(options, world, startedMs);
  await drill.becomeHealthy();
  await options.web?.healthy?.();
  const before = await world.chain.head();
  const faultMs = clock.steadyMs();
  await drill.break();
  const execution = await drill.executionStarts();
  const verdictMs = clock.steadyMs();
  const { end, cause, firstNew } = await drill.follow(execution);
  if (end !== 'SUCCEEDED') drill.tell(`It ended in ${end}: ${cause}`);
  const switchedAt = firstNew?.height ?? (await world.chain.head());
  await world.chain.waitUntilTold(switchedAt);
  const findings = await world.chain.findings({ from: before, switchedAt, oldNode: 'amber', newNode: firstNew === null ? null : 'birch' });
  const lease = await world.contextOf('requester').lease.read(id);
  const signedTwice = findings.doubleSigned > 0 || findings.late > 0;
  const holds = lease?.holder === world[scenario.holder].id && (scenario.holder === 'birch') === (firstNew !== null);
  const called = world.cloud.published.filter(({ subject }) => subject.includes(scenario.end)).length;
  const personOk = scenario.end === 'SUCCEEDED' || scenario.end === 'Denied' || called > 0;
  const toSignatureMs = firstNew === null ? null : elapsedMs(verdictMs, firstNew.atMs);
  const extra = firstNew === null ? ` Nobody new signed; ${called} message(s) called a person.` : ` Missed duties: ${findings.missed}.`;
  return {
    ok: !signedTwice && end === scenario.end && holds && personOk,
    signedTwice,
    scenario: scenario.name,
    chain: options.chain,
    end,
    expectedEnd: scenario.end,
    findings,
    verdictToSignatureMs: toSignatureMs,
    faultToVerdictMs: scenario.fault === 'none' ? null : elapsedMs(faultMs, verdictMs),
    totalMs: elapsedMs(startedMs, clock.steadyMs()),
    called,
    sentence: verdictSentence(findings, extra),
  };
};

/** The negative control: what a tool without proof does when it cannot reach the active. It must be found out. */
const drillUnguarded = async (options: DrillOptions, world: World, startedMs: SteadyMs): Promise<DrillResult> => {
  const { clock } = options;
  const { chain, amber, birch } = world;
  const drill = new Drill(options, world, startedMs);
  const head = await chain.head();
  await amber.sandbox.systemctl('start', chain.unitName);
  await until(clock, 60_000, 'the first signature', () => chain.firstSignedAbove(head));
  drill.tell('amber signs with the key on its disk; there is no guard.');
  amber.sandbox.cut();
  drill.tell('amber cannot be reached from the cloud. It is not down: it goes on signing.');
  await birch.sandbox.systemctl('start', chain.unitName);
  const from = await chain.head();
  drill.tell('Without proof, birch is started with the same key.');
  const find = (): Promise<Findings> => chain.findings({ from, switchedAt: from, oldNode: 'amber', newNode: null });
  const findings = await until(clock, 90_000, 'the detection of two signers', async () => {
    const found = await find();
    return found.doubleSigned > 0 ? found : null;
  }).catch(find);
  const signedTwice = findings.doubleSigned > 0;
  return {
    ok: false,
    signedTwice,
    scenario: 'no-guard',
    chain: options.chain,
    end: 'no-guard',
    expectedEnd: 'no-guard',
    findings,
    verdictToSignatureMs: null,
    faultToVerdictMs: null,
    totalMs: elapsedMs(startedMs, clock.steadyMs()),
    called: 0,
    sentence: signedTwice
      ? verdictSentence(findings, '')
      : 'The detector found nothing, although two nodes had the key: the drill itself cannot be trusted.',
  };
};

/** Runs it and ends everything it started, whatever happens. */
export const runDrill = async (options: DrillOptions, onWorld: (close: () => Promise<void>) => void): Promise<DrillResult> => {
  if (options.chain === 'ticker' && options.guarded && scenarios[options.scenario].needsGate) {
    throw new BatonError(
      'InputInvalid',
      `scenario ${options.scenario} rests on lapse, which is evidence only where the guard is the signer; the ticker's daemon signs by itself`,
      {
        field: '--scenario',
        fix: `npm run drill -- --chain cometbft --scenario ${options.scenario}`,
      },
    );
  }
  const startedMs = options.clock.steadyMs();
  const tell = (line: string): void => {
    options.tell(line, elapsedMs(startedMs, options.clock.steadyMs()));
  };
  const world = await makeWorld({
    clock: options.clock,
    chain: options.chain,
    scenario: scenarios[options.scenario],
    guarded: options.guarded,
    keep: options.keep,
    built: options.built,
    withSlack: options.slack !== undefined,
    ...(options.onCall ? { onCall: options.onCall } : {}),
    progress: tell,
    onClose: onWorld,
  });
  let web: Awaited<ReturnType<typeof startWeb>> | null = null;
  try {
    web = options.web ? await startWeb(consoleDeps(world.contextOf('requester'), world.cloud.deployment)) : null;
    if (web) options.web?.open(web.url);
    tell(`Two nodes, amber and birch, a chain (${options.chain}) and the local cloud are up.${options.keep ? ` Folder: ${world.dir}` : ''}`);
    if (world.slack) options.slack?.page(world.slack.server.url);
    const result = await (options.guarded ? drillGuarded(options, world, startedMs) : drillUnguarded(options, world, startedMs));
    await (options.web?.stay(result.sentence) ?? options.slack?.until());
    return result;
  } finally {
    await web?.close();
    await world.close();
  }
};
