import { parseArgs } from 'node:util';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';
import { explore, tell, type Explored } from './explorer.ts';
import { controls, healsWithin, quickScopes, scopes as fullScopes, type Scope } from './scopes.ts';

/** `npm run explore`: every scope to its end, then every control. The last line is one JSON object. */

const { values } = parseArgs({
  options: {
    scope: { type: 'string', multiple: true },
    control: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    most: { type: 'string' },
    /** Looks for violations only, not for states in which nobody signs again. */
    safety: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const scopes = values.quick ? quickScopes : fullScopes;

if (values.help) {
  console.log('npm run explore -- [--scope NAME …] [--control NAME …] [--quick] [--safety] [--most STATES]\n');
  for (const { name, about } of scopes) console.log(`scope    ${name.padEnd(24)} ${about}`);
  for (const { name, about } of controls) console.log(`control  ${name.padEnd(24)} ${about}: two signers must be found`);
  process.exit(0);
}

const known = [...scopes, ...controls].map(({ name }) => name);
for (const name of [...(values.scope ?? []), ...(values.control ?? [])]) {
  if (known.includes(name)) continue;
  console.error(`--scope or --control is "${name}": expected one of ${known.join(', ')}. Next: npm run explore -- --help`);
  process.exit(2);
}

/** Liveness is looked at from each of the first states, and then from every so many. */
const healedFirst = 10_000;
const healedEvery = 25;

interface Healed {
  checked: number;
  most: number;
  stuck: number;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

const one = (scope: Scope, most: number): { result: Explored; healed: Healed; tookMs: number } => {
  const startedMs = systemClock.steadyMs();
  const healed: Healed = { checked: 0, most: 0, stuck: 0 };
  let healMs = 0;
  const each = (state: unknown, index: number): void => {
    if (values.safety || !scope.heal || (index >= healedFirst && index % healedEvery !== 0)) return;
    const beganMs = systemClock.steadyMs();
    const rounds = scope.heal(state);
    healMs += systemClock.steadyMs() - beganMs;
    healed.checked += 1;
    if (rounds === null) healed.stuck += 1;
    else healed.most = Math.max(healed.most, rounds);
  };
  const result = explore(scope.model(), { maxStates: most }, each);
  return { result, healed, tookMs: durationMs(systemClock.steadyMs() - startedMs - healMs) };
};

const totals = { states: 0, transitions: 0, violations: 0, scopes: 0, cutOff: 0, healed: 0, stuck: 0, mostRounds: 0, controls: 0, controlsCaught: 0 };
let exploredMs = 0;
const startedMs = systemClock.steadyMs();
const chosen = values.scope ?? (values.control ? [] : scopes.map(({ name }) => name));
for (const scope of scopes.filter(({ name }) => chosen.includes(name))) {
  const most = values.most === undefined ? scope.most : Number(values.most);
  const { result, healed, tookMs } = one(scope, most);
  exploredMs += tookMs;
  totals.scopes += 1;
  totals.states += result.states;
  totals.transitions += result.transitions;
  totals.healed += healed.checked;
  totals.stuck += healed.stuck;
  totals.mostRounds = Math.max(totals.mostRounds, healed.most);
  if (!result.complete) totals.cutOff += 1;
  const live = scope.heal && !values.safety ? `; heals within ${healed.most} of ${healsWithin} rounds from each of ${healed.checked} looked at` : '';
  const extent = result.complete ? 'complete' : 'cut off';
  console.log(`${scope.name.padEnd(22)} ${String(result.states).padStart(9)} states, ${extent}, depth ${result.depth}, ${seconds(tookMs)} s${live}`);
  if (result.counterexample) {
    totals.violations += 1;
    console.log(`\nVIOLATION in ${scope.name} (npm run explore -- --scope ${scope.name}):\n${tell(result.counterexample)}\n`);
  }
  if (healed.stuck > 0) console.log(`STUCK: from ${healed.stuck} states of ${scope.name} nobody signs again within ${healsWithin} rounds.`);
}
const wanted = values.control ?? (values.scope ? [] : controls.map(({ name }) => name));
for (const control of controls.filter(({ name }) => wanted.includes(name))) {
  const result = explore(control.model(), { maxStates: control.most });
  totals.controls += 1;
  if (!result.counterexample) {
    console.log(`CONTROL ${control.name} found nothing, though ${control.about}.`);
    continue;
  }
  totals.controlsCaught += 1;
  console.log(`control ${control.name}: ${control.about}: found in ${result.counterexample.steps.length} steps, ${result.states} states`);
  if (values.control) console.log(tell(result.counterexample));
}
const tookMs = systemClock.steadyMs() - startedMs;
const failed = totals.violations > 0 || totals.stuck > 0 || totals.controlsCaught < totals.controls;
console.log(
  JSON.stringify({
    ...totals,
    exploreSeconds: Number(seconds(exploredMs)),
    seconds: Number(seconds(tookMs)),
    statesPerSecond: Math.round(totals.states / (exploredMs / 1_000)),
  }),
);
process.exitCode = failed ? 1 : 0;
