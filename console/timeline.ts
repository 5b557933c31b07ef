import { waitingStates } from './failover-view.ts';
import { html, type Html } from './html.ts';
import { seconds } from './parts.ts';
import type { FailoverView, Mark, Step } from './view.ts';

/** The time of a failover as a picture. Places are shares of the width, so that words keep their size on a telephone. */

/** Choices take no time and only repeat what was said before them. */
export const choices: readonly string[] = [
  'Assessed',
  'Approved',
  'Taken',
  'Fenced',
  'Attested',
  'Unattested',
  'Verified',
  'Settled',
  'WhichEnd',
  'Done',
];

/** All stays in one state. */
export interface Lane {
  readonly state: string;
  readonly passes: number;
  readonly tookMs: number;
  /** Joined where nothing lies between them that could be seen. */
  readonly bars: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly sentence: string;
}

export const lanesOf = (steps: readonly Step[], lengthMs: number): Lane[] => {
  const gapMs = lengthMs / 200;
  const lanes = new Map<string, { passes: number; tookMs: number; bars: { fromMs: number; toMs: number }[]; sentence: string }>();
  for (const { state, startedMs, tookMs, sentence } of steps) {
    if (choices.includes(state)) continue;
    const lane = lanes.get(state) ?? { passes: 0, tookMs: 0, bars: [], sentence: '' };
    lanes.set(state, lane);
    lane.passes += 1;
    lane.tookMs += tookMs;
    if (sentence !== '') lane.sentence = sentence;
    const last = lane.bars.at(-1);
    if (last && startedMs - last.toMs <= gapMs) last.toMs = startedMs + tookMs;
    else lane.bars.push({ fromMs: startedMs, toMs: startedMs + tookMs });
  }
  return [...lanes].map(([state, lane]) => ({ state, ...lane }));
};

const top = 58;
const laneHigh = 34;
const axisHigh = 26;
const stepsMs = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000];

/** At most six, and the first is the beginning. */
export const ticksOf = (lengthMs: number): number[] => {
  const everyMs = stepsMs.find((ms) => lengthMs / ms <= 6) ?? lengthMs;
  const ticks: number[] = [];
  for (let atMs = 0; atMs <= lengthMs && ticks.length < 8; atMs += Math.max(1, everyMs)) ticks.push(atMs);
  return ticks;
};

const clock = (ms: number): string => (ms < 120_000 ? `${ms / 1_000} s` : `${Math.round(ms / 6_000) / 10} min`);

const markSigns: Readonly<Record<Mark['name'], string>> = { evidence: '◆', release: '▶', 'first signature': '✓' };

export const timeline = (view: FailoverView): Html | null => {
  const lengthMs = Math.max(1, view.lengthMs);
  const lanes = lanesOf(view.steps, lengthMs);
  if (lanes.length === 0) return null;
  const share = (ms: number): string => `${((100 * ms) / lengthMs).toFixed(2)}%`;
  const high = top + lanes.length * laneHigh;
  const bar = (lane: Lane, index: number): Html[] =>
    lane.bars.map(({ fromMs, toMs }) => {
      const kind = waitingStates.includes(lane.state) ? 'w' : view.status === 'RUNNING' && index === lanes.length - 1 ? 'run' : 's';
      // What takes no time is still to be seen.
      const wide = `${Math.max(0.6, (100 * (toMs - fromMs)) / lengthMs).toFixed(2)}%`;
      const fill = kind === 'w' ? html` fill="url(#bt-hatch)"` : null;
      return html`<rect
        class="${kind}"
        ${fill}
        x="${share(Math.min(fromMs, lengthMs * 0.994))}"
        y="${top + index * laneHigh + 17}"
        width="${wide}"
        height="11"
        rx="2"
      />`;
    });
  const words = ({ state, tookMs, passes }: Lane): string =>
    [state, seconds(tookMs), ...(passes > 1 ? [`${passes} passes`] : []), ...(waitingStates.includes(state) ? ['waits for people'] : [])].join(' · ');
  const mark = ({ name, atMs }: Mark, index: number): Html => {
    const right = atMs > lengthMs / 2;
    return html`<text class="mt" x="${share(atMs)}" dx="${right ? -5 : 5}" y="${14 + index * 16}" text-anchor="${right ? 'end' : 'start'}"
      >${markSigns[name]} ${name} ${seconds(atMs)}</text
    >`;
  };
  const tick = (ms: number, index: number): Html => {
    const anchor = index === 0 ? 'start' : ms > lengthMs * 0.96 ? 'end' : 'middle';
    return html`<line class="g" x1="${share(ms)}" x2="${share(ms)}" y1="${top}" y2="${high}" /><text
        class="a"
        x="${share(ms)}"
        y="${high + 17}"
        text-anchor="${anchor}"
        >${clock(ms)}</text
      >`;
  };
  const line = ({ atMs }: Mark, index: number): Html =>
    html`<line class="m" x1="${share(atMs)}" x2="${share(atMs)}" y1="${6 + index * 16}" y2="${high}" />`;
  return html`<div class="time">
    <svg role="img" aria-labelledby="bt-time-t bt-time-d" width="100%" height="${high + axisHigh}">
      <title id="bt-time-t">Timeline of ${view.execution}</title>
      <desc id="bt-time-d">
        ${lanes.map(words).join('; ')}. ${view.marks.map(({ name, atMs }) => `${name} after ${seconds(atMs)}`).join(', ')}. The table below says the
        same.
      </desc>
      <defs>
        <pattern id="bt-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="h1" width="7" height="7" />
          <rect class="h2" width="3" height="7" />
        </pattern>
      </defs>
      ${ticksOf(lengthMs).map(tick)} ${view.marks.map(line)}
      ${lanes.map((lane, index) => html`${bar(lane, index)}<text class="l" x="0" y="${top + index * laneHigh + 12}">${words(lane)}</text>`)}
      ${view.marks.map(mark)}
    </svg>
  </div>`;
};
