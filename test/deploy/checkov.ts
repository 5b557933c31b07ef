import { z } from 'zod';
import { finding, isTree, treeAt, type Finding, type Tree } from './finding.ts';
import type { Skip } from './skips.ts';

/** What checkov found, held against the skips. Skips in the template itself would be read by nobody. */

const check = z.object({ check_id: z.string(), check_name: z.string(), resource: z.string() });
const reportSchema = z.object({
  results: z.object({ failed_checks: z.array(check) }),
  summary: z.object({ passed: z.number(), failed: z.number(), skipped: z.number(), parsing_errors: z.number(), resource_count: z.number() }),
});
export type CheckovReport = z.infer<typeof reportSchema>;

export const checkovReport = (text: string): CheckovReport => reportSchema.parse(JSON.parse(text));

const covers = (skip: Skip, id: string, logicalId: string): boolean =>
  skip.check === id && skip.resources.some((one) => (one.startsWith('*') ? logicalId.endsWith(one.slice(1)) : one === logicalId));

/** `AWS::KMS::Key.TableKey` names TableKey. */
const logicalIdOf = (resource: string): string => resource.split('.').at(-1) ?? resource;

export const checkovFindings = ({ results, summary }: CheckovReport, skips: readonly Skip[]): Finding[] => {
  const failed = results.failed_checks.map(({ check_id: id, check_name: name, resource }) => ({ id, name, logicalId: logicalIdOf(resource) }));
  return [
    ...(summary.parsing_errors > 0 ? [finding('CheckovUnread', 'template', `${summary.parsing_errors} parsing errors`)] : []),
    ...(summary.passed === 0 ? [finding('CheckovUnread', 'template', 'checkov looked at nothing')] : []),
    ...(summary.skipped > 0
      ? [finding('SkipElsewhere', 'template', `${summary.skipped} skips in the template; put them into test/deploy/skips.ts`)]
      : []),
    ...failed
      .filter(({ id, logicalId }) => !skips.some((skip) => covers(skip, id, logicalId)))
      .map(({ id, name, logicalId }) => finding('CheckovFailed', `${id} ${logicalId}`, name)),
    ...skips.flatMap((skip) =>
      skip.resources
        .filter((one) => !failed.some(({ id, logicalId }) => covers({ ...skip, resources: [one] }, id, logicalId)))
        .map((one) => finding('SkipNotNeeded', `${skip.check} ${one}`, 'checkov no longer finds it: take it out of test/deploy/skips.ts')),
    ),
    ...skips.filter(({ reason }) => reason.length < 40).map((skip) => finding('SkipWithoutReason', skip.check, 'say why, in a sentence')),
  ];
};

/** The rules that a template switches off, against those that are explained. */
export const lintIgnoreFindings = (template: Tree, ignores: readonly Skip[]): Finding[] => {
  const written = Object.entries(treeAt(template, 'Resources')).flatMap(([id, resource]) => {
    const rules = isTree(resource) ? treeAt(resource, 'Metadata', 'cfn-lint', 'config')['ignore_checks'] : undefined;
    return Array.isArray(rules) ? rules.map((rule) => `${String(rule)} ${id}`) : [];
  });
  const explained = ignores.flatMap(({ check: rule, resources }) => resources.map((id) => `${rule} ${id}`));
  return [
    ...written.filter((one) => !explained.includes(one)).map((one) => finding('IgnoreUnexplained', one, 'say why in test/deploy/skips.ts')),
    ...explained.filter((one) => !written.includes(one)).map((one) => finding('IgnoreGone', one, 'the template no longer has it')),
  ];
};
