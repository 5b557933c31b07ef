import { registry } from '../../chains/registry.ts';
import { judgeStack, judgeValidator, type StackSeen, type ValidatorSeen } from '../../core/doctor.ts';
import { countsOf, valueOf, worstOf, type Finding, type Seen } from '../../core/finding.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { holding } from '../../core/pause.ts';
import { silentIn, type Look } from '../../core/survey.ts';
import { durationMs } from '../../core/time.ts';
import { abreast } from '../../functions/shared/abreast.ts';
import { frozenNow } from '../../functions/shared/breaker.ts';
import { quarantinedOf } from '../../functions/shared/quarantine.ts';
import { readReports, uncalledMs } from '../../functions/shared/reports.ts';
import { isDriven } from '../../functions/shared/survey-read.ts';
import { parseValidator, type Context } from '../context.ts';
import { judgeDeployed, judgeMachines } from '../doctor/judge.ts';
import { judgeWatchers } from '../doctor/watchers.ts';
import { readDeployed, readMachines, seenOf } from '../doctor/read.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';

export interface DoctorOptions {
  /** Look for the sealed keys too: a custodian may, and for anybody else the refused read would look like an attack. */
  readonly vault: boolean;
}

/** Validators read concurrently. */
const most = 20;
const betweenLooksMs = durationMs(1_000);
const maxLooks = uncalledMs / betweenLooksMs;
const readMs = durationMs(10_000);

type Read = Omit<ValidatorSeen, 'looks'> & { readonly first: Seen<Look> };

const readOne = async (context: Context, validator: ValidatorId, caller: Seen<string>, options: DoctorOptions): Promise<Read> => {
  const { records, clock } = context;
  const signal = clock.timeout(readMs);
  const [config, lease, pause, history, fenceTest, vault] = await Promise.all([
    seenOf(records.readConfig(validator, signal).then((found) => found?.config)),
    seenOf(context.lease.read(validator, signal)),
    seenOf(records.readPause(validator, signal).then((found) => holding(found, clock.epochMs()))),
    seenOf(records.readHistory(validator, signal)),
    seenOf(context.fenceTests.read(validator, signal)),
    options.vault ? seenOf(records.readVault(validator, signal).then((found) => found !== undefined)) : null,
  ]);
  const found = valueOf(lease);
  const claimRunning: Seen<boolean> = found ? await seenOf(isDriven(context, found, signal)) : { value: true };
  const nodes = valueOf(config)?.nodes.map(({ id }) => id) ?? [];
  const [quarantined, first] = await Promise.all([
    seenOf(quarantinedOf(context, validator, nodes, signal)),
    seenOf(readReports(context, validator, nodes, signal)),
  ]);
  return {
    validator,
    caller,
    config,
    lease,
    pause,
    history,
    fenceTest,
    vault,
    claimRunning,
    quarantined,
    first,
  };
};

/** Reads the reports again until each has risen, for at most half a minute. One look alone shows nothing. */
const watchOne = async (context: Context, one: Read): Promise<ValidatorSeen> => {
  const before = one.first;
  if (!('value' in before)) return { ...one, looks: before };
  const nodes = valueOf(one.config)?.nodes.map(({ id }) => id) ?? [];
  for (let look = 1; ; look += 1) {
    await context.clock.sleep(betweenLooksMs);
    const after = await seenOf(readReports(context, one.validator, nodes, context.clock.timeout(readMs)));
    if (!('value' in after)) return { ...one, looks: after };
    if (look >= maxLooks || silentIn(nodes, [before.value, after.value]).length === 0)
      return { ...one, looks: { value: { before: before.value, after: after.value } } };
  }
};

const readStack = async (context: Context): Promise<StackSeen> => {
  const signal = context.clock.timeout(readMs);
  const [table, frozen, caller, fleet, acknowledgedMs] = await Promise.all([
    context.tableCheck.safety(signal),
    seenOf(frozenNow(context, signal)),
    seenOf(context.whoAmI()),
    seenOf(context.records.readFleet(signal)),
    seenOf(context.alertTests.read(signal).then((found) => found?.acknowledged?.atMs ?? null)),
  ]);
  return { table, frozen, caller, fleet, acknowledgedMs };
};

const lineOf = ({ check, validator, node, state, sentence, next }: Finding): string[] => {
  const about = [validator, check, node].filter((part) => part !== null).join(' ');
  const word = state === 'unchecked' ? 'not checked' : state;
  return [`${word.padEnd(11)}  ${about.padEnd(28)}  ${sentence}`, ...(next === null ? [] : [`             next: ${next}`])];
};

const exitCodeFor = { ok: exitCodes.done, fail: exitCodes.notFit, unknown: exitCodes.unreachable } as const;

/** Every precondition of a failover that can be seen from here, of one validator or of all. Reads only. */
export const findingsOf = async (context: Context, only: ValidatorId | undefined, options: DoctorOptions): Promise<Finding[]> => {
  const [stack, deployed] = await Promise.all([readStack(context), readDeployed(context)]);
  const wanted = only === undefined ? (valueOf(stack.fleet) ?? []) : [only];
  const read = await abreast(wanted, most, (validator) => readOne(context, validator, stack.caller, options));
  const watched = await Promise.all(read.map((one) => watchOne(context, one)));
  const machines = await abreast(read, most, async ({ config }) => {
    const found = valueOf(config);
    return found ? judgeMachines(await readMachines(context, found), found) : [];
  });
  const nowMs = context.clock.epochMs();
  const ofValidators = watched.flatMap((one, index) => [...judgeValidator(one, { nowMs, chains: registry }), ...(machines[index] ?? [])]);
  // Of one validator alone nobody can tell what the fleet needs.
  const shared =
    only === undefined
      ? [
          judgeWatchers(
            deployed,
            read.flatMap(({ config }) => valueOf(config) ?? []),
          ),
        ]
      : [];
  return [...judgeStack(stack, nowMs), ...judgeDeployed(deployed, nowMs), ...shared, ...ofValidators];
};

export const doctor = async (context: Context, name: string | undefined, options: DoctorOptions): Promise<Answer> => {
  const findings = await findingsOf(context, name === undefined ? undefined : parseValidator(name), options);
  const counts = countsOf(findings);
  const summary = `${counts.ok} ok, ${counts.warn} warnings, ${counts.fail} failed, ${counts.unknown} unknown, ${counts.unchecked} not checked.`;
  return { lines: [...findings.flatMap(lineOf), summary], json: { counts, findings }, exitCode: exitCodeFor[worstOf(findings)] };
};
