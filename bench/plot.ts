/** Plots as SVG text: one row for each thing, its range as a line, its median as a bar, on a logarithmic axis. Legible on light and on dark ground. */

export interface Bar {
  readonly label: string;
  /** Drawn in the colour of emphasis. */
  readonly ours: boolean;
  /** Null where there is no figure; `note` says why. */
  readonly range: { readonly min: number; readonly median: number; readonly max: number } | null;
  readonly note: string;
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly caption: string;
  readonly bars: readonly Bar[];
}

const width = 860;
const [left, right, top, rowPx, bottom] = [350, 120, 56, 30, 60];
const barPx = 14;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const shown = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2));

/** Whole powers of ten around all values. */
const decadesOf = (bars: readonly Bar[]): { from: number; to: number } => {
  const values = bars.flatMap(({ range }) => (range === null ? [] : [range.min, range.max])).filter((value) => value > 0);
  if (values.length === 0) return { from: 0, to: 1 };
  const from = Math.floor(Math.log10(Math.min(...values)));
  return { from, to: Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values)))) };
};

const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .quiet { fill: #59636e; font-size: 12px }
  .grid { stroke: #d1d9e0 }
  .range { stroke: #1f2328; stroke-width: 1.5 }
  .other { fill: #9aa4ae }
  .ours { fill: #1a7f64 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .range { stroke: #f0f6fc } .other { fill: #656c76 } .ours { fill: #2ea98a }
  }`;

/** The text of an SVG file. */
export const plotOf = ({ title, unit, caption, bars }: Plot): string => {
  const { from, to } = decadesOf(bars);
  const xOf = (value: number): number => left + ((Math.log10(Math.max(value, 10 ** from)) - from) / (to - from)) * (width - left - right);
  const height = top + bars.length * rowPx + bottom;
  const foot = height - bottom;
  const at = (value: number): string => value.toFixed(1);
  const grid = Array.from({ length: to - from + 1 }, (_, step) => {
    const value = 10 ** (from + step);
    const x = at(xOf(value));
    const line = `<line class="grid" x1="${x}" x2="${x}" y1="${top - 8}" y2="${foot}"/>`;
    return `${line}<text class="quiet" x="${x}" y="${foot + 18}" text-anchor="middle">${shown(value)} ${escape(unit)}</text>`;
  });
  const rows = bars.map(({ label, ours, range, note }, index) => {
    const y = top + index * rowPx + rowPx / 2;
    const name = `<text x="${left - 12}" y="${y + 4}" text-anchor="end">${escape(label)}</text>`;
    if (range === null) return `${name}<text class="quiet" x="${left + 6}" y="${y + 4}">${escape(note)}</text>`;
    const end = xOf(range.median);
    const bar = `<rect class="${ours ? 'ours' : 'other'}" x="${left}" y="${y - barPx / 2}" width="${at(Math.max(1, end - left))}" height="${barPx}" rx="2"/>`;
    const whole = `<line class="range" x1="${at(xOf(range.min))}" x2="${at(xOf(range.max))}" y1="${y}" y2="${y}"/>`;
    const ends = [range.min, range.max].map(
      (value) => `<line class="range" x1="${at(xOf(value))}" x2="${at(xOf(value))}" y1="${y - 4}" y2="${y + 4}"/>`,
    );
    const told = note === '' ? '' : ` <tspan class="quiet">${escape(note)}</tspan>`;
    const figure = `<text x="${at(Math.max(end, xOf(range.max)) + 8)}" y="${y + 4}">${shown(range.median)}${told}</text>`;
    return `${name}${bar}${whole}${ends.join('')}${figure}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
<style>${style}
</style>
<text class="title" x="16" y="26">${escape(title)}</text>
${grid.join('\n')}
${rows.join('\n')}
<text class="quiet" x="16" y="${height - 14}">${escape(caption)}</text>
</svg>
`;
};
