import { durationMs, elapsedMs } from '../../core/time.ts';
import { isHeld } from './held.ts';
import type { Running } from './tool.ts';
import { pidPath, type Bench } from './world.ts';

/** What happens to amber, which signs; and for how long one looks afterwards. */

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly fault: (bench: Bench, running: Running) => Promise<void>;
  /** What ends the fault, after so long; null for what stays broken. */
  readonly mend: ((bench: Bench) => void) | null;
  /** It is over only when birch signs. */
  readonly moves: boolean;
  /** Runs of it may stand beside others: it is mostly waiting. */
  readonly slow: boolean;
}

export const scenarioNames = ['crash', 'kill', 'planned', 'freeze', 'cut-both', 'cut-out', 'cut-in'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

const heal = ({ amber }: Bench): void => {
  amber.heal();
};

const one = (name: ScenarioName, about: string, of: Pick<Scenario, 'fault'> & Partial<Scenario>): Scenario => ({
  name,
  about,
  mend: null,
  moves: false,
  slow: false,
  ...of,
});

export const scenarios: readonly Scenario[] = [
  one('crash', 'the whole machine loses its power, and its provider still calls it running', { fault: ({ amber }) => amber.losePower() }),
  one('kill', 'the signer’s process is killed; the machine is well', {
    fault: async ({ amber }) => {
      await amber.must(`kill -9 "$(cat ${pidPath})"`);
    },
  }),
  one('planned', 'a planned move to birch', { fault: (_bench, running) => running.planned(), moves: true }),
  one('freeze', 'every process of the machine stands still, and goes on later', {
    fault: async ({ amber }) => {
      amber.freeze();
    },
    mend: ({ amber }) => {
      amber.thaw();
    },
    slow: true,
  }),
  one('cut-both', 'no packet leaves or reaches the machine; its signer goes on', {
    fault: async ({ amber }) => {
      amber.cut('all');
    },
    mend: heal,
    slow: true,
  }),
  one('cut-out', 'no packet leaves the machine', {
    fault: async ({ amber }) => {
      amber.cut('all', ['out']);
    },
    mend: heal,
    slow: true,
  }),
  one('cut-in', 'no packet reaches the machine', {
    fault: async ({ amber }) => {
      amber.cut('all', ['in']);
    },
    mend: heal,
    slow: true,
  }),
];

const lookMs = durationMs(50);
/** How long somebody must sign without a gap until it counts as over. */
const heldMs = 3_000;
/** A machine that came back may take so long until it signs again, wrongly or rightly. */
const backMs = durationMs(10_000);

export interface Window {
  readonly pauseMs: number;
  readonly limitMs: number;
}

/** Does it, and looks until somebody signs steadily. @returns when it was done, and when the looking ended; in milliseconds since 1970. */
export const play = async (scenario: Scenario, bench: Bench, running: Running, of: Window): Promise<{ faultMs: number; endMs: number }> => {
  const { clock } = bench;
  const startedMs = clock.steadyMs();
  const faultMs = clock.epochMs();
  await scenario.fault(bench, running);
  if (scenario.mend) {
    await clock.sleep(durationMs(Math.max(0, of.pauseMs - elapsedMs(startedMs, clock.steadyMs()))));
    scenario.mend(bench);
    await clock.sleep(backMs);
  }
  while (elapsedMs(startedMs, clock.steadyMs()) < of.limitMs && !isHeld(bench, { faultMs, heldMs, by: scenario.moves ? 'birch' : null }))
    await clock.sleep(lookMs);
  bench.record.read();
  return { faultMs, endMs: clock.epochMs() };
};
