import { describe, expect, test } from 'vitest';
import { amber, birch, leaseOf, reportOf, t } from '../test/support/core.ts';
import { handoverOf, nodeReport, type NodeReport } from './report.ts';

const handed = (of: { term?: number; signedIn?: number; node?: typeof amber } = {}): NodeReport =>
  reportOf({
    node: of.node ?? amber,
    relinquished: { term: t(of.term ?? 4), watermark: null, handover: { term: t(of.signedIn ?? 3), bytes: 'dG93ZXI=' } },
  });
const lease = leaseOf({ term: t(4), holder: amber, releasedTerm: t(3) });

describe('what the fenced holder has handed over', () => {
  test('counts in this very term, of the very term in which it signed last', () => {
    expect(handoverOf(handed(), lease)).toBe('dG93ZXI=');
  });
  test.each<[string, NodeReport | undefined]>([
    ['of an earlier fence', handed({ term: 3 })],
    ['of a later one', handed({ term: 5 })],
    ['of a term before others signed', handed({ signedIn: 2 })],
    ['of the term of the fence, in which nobody has signed', handed({ signedIn: 4 })],
    ['of another node', handed({ node: birch })],
    ['that is not there', reportOf({ relinquished: { term: t(4), watermark: null } })],
    ['of a node that relinquished nothing', reportOf()],
    ['of a node that never reported', undefined],
  ])('one %s is none', (_, report) => {
    expect(handoverOf(report, lease)).toBe(undefined);
  });
  test.each([
    ['A'.repeat(21_848), true],
    ['A'.repeat(21_852), false],
    ['not base64!', false],
  ])('%.12s… is read: %s', (bytes, fits) => {
    const value = { ...handed(), relinquished: { term: 4, watermark: null, handover: { term: 3, bytes } } };
    expect(nodeReport.safeParse(value).success).toBe(fits);
  });
});
