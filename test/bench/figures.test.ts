import { expect, test } from 'vitest';
import { percentile, rangeOf } from '../../bench/figures.ts';
import { withPart } from '../../bench/page.ts';
import { plotOf } from '../../bench/plot.ts';

/** What benches share: figures, the page, plots. */

test('the range of some values', () => {
  expect(rangeOf([])).toBe(null);
  expect(rangeOf([3])).toEqual({ min: 3, median: 3, max: 3 });
  expect(rangeOf([9, 1, 5])).toEqual({ min: 1, median: 5, max: 9 });
  expect(rangeOf([4, 1, 2, 9])).toEqual({ min: 1, median: 3, max: 9 });
});

test('a percentile is a value that was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile([7], 0.99), percentile([], 0.5)]).toEqual([51, 100, 7, 0]);
});

test('a bench writes between its own markers alone', () => {
  const one = withPart('# Page\n', 'one', 'first');
  expect(one).toBe('# Page\n\n<!-- one -->\n\nfirst\n\n<!-- /one -->\n');
  const both = withPart(one, 'two', 'second');
  expect(withPart(both, 'one', 'changed\n')).toBe('# Page\n\n<!-- one -->\n\nchanged\n\n<!-- /one -->\n\n<!-- two -->\n\nsecond\n\n<!-- /two -->\n');
});

test('a plot shows each range on a logarithmic axis, and says why there is none', () => {
  const bars = [
    { label: 'a <b>', ours: true, range: { min: 1, median: 10, max: 100 }, note: '' },
    { label: 'none', ours: false, range: null, note: 'left out' },
  ];
  const svg = plotOf({ title: 'T', unit: 's', caption: 'C', bars });
  expect(svg).toContain('a &lt;b&gt;');
  expect(svg).toContain('left out');
  // From 350 to 740: two decades, the median in the middle.
  expect(svg).toContain('<rect class="ours" x="350" y="64" width="195.0" height="14" rx="2"/>');
  expect(svg).toContain('<line class="range" x1="350.0" x2="740.0" y1="71" y2="71"/>');
});
