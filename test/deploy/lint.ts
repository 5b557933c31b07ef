import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Resolved, Template } from '../../local/template/index.ts';
import { checkovFindings, checkovReport, lintIgnoreFindings } from './checkov.ts';
import { deployments, resolved } from './deployments.ts';
import { finding, treeAt, type Finding } from './finding.ts';
import { checkovSkips, lintIgnores } from './skips.ts';
import type { Tools } from './tools.ts';

/** The template before the linters: as it is written, and as each deployment would see it. */

const regions = ['us-east-1', 'us-west-2', 'eu-central-1', 'ap-southeast-1'];
const firstLines = (text: string): string => text.split('\n').slice(0, 12).join('\n');

/** A deployment as a template of its own, without parameters and conditions: the linters then see every value. */
const literal = ({ resources, outputs }: Resolved): unknown => ({
  AWSTemplateFormatVersion: '2010-09-09',
  Transform: 'AWS::Serverless-2016-10-31',
  Resources: Object.fromEntries(
    Object.entries(resources).map(([id, { Condition: _condition, Metadata: _metadata, DependsOn, ...rest }]) => [
      id,
      { ...rest, ...(DependsOn.length > 0 ? { DependsOn } : {}) },
    ]),
  ),
  Outputs: outputs,
});

const lintSchema = z.array(z.object({ Filename: z.string(), Message: z.string(), Rule: z.object({ Id: z.string() }) }));

/** Wrong in a way that only a linter that looks at values would see. */
const planted = {
  AWSTemplateFormatVersion: '2010-09-09',
  Resources: { Planted: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1 } } },
};

export const lintFindings = async (tools: Tools, template: Template, folder: string): Promise<Finding[]> => {
  mkdirSync(folder, { recursive: true });
  const named = new Map([['template.yaml', 'template.yaml']]);
  const add = (name: string, file: string, content: unknown): void => {
    writeFileSync(join(folder, file), JSON.stringify(content, null, 1));
    named.set(join(folder, file), name);
  };
  for (const [index, deployment] of deployments.entries()) add(deployment.name, `deployment-${index}.json`, literal(resolved(template, deployment)));
  add('planted', 'planted.json', planted);
  const { stdout, said } = await tools.run('cfn-lint', '--format', 'json', '-t', ...named.keys(), '-r', ...regions);
  let found: z.infer<typeof lintSchema>;
  try {
    found = lintSchema.parse(JSON.parse(stdout));
  } catch {
    return [finding('CfnLint', 'template.yaml', firstLines(said))];
  }
  const wrong = found.map(({ Filename: file, Rule: { Id: id }, Message: message }) => ({ at: named.get(file) ?? file, id, message }));
  const blind = !wrong.some(({ at, id }) => at === 'planted' && id === 'E3034');
  return [
    ...wrong.filter(({ at }) => at !== 'planted').map(({ at, id, message }) => finding(`CfnLint-${id}`, at, message)),
    ...(blind ? [finding('CfnLintBlind', 'planted', 'cfn-lint does not see a planted mistake')] : []),
  ];
};

export const validateFindings = async (tools: Tools): Promise<Finding[]> => {
  const { code, said } = await tools.run('sam', 'validate', '--lint');
  return code === 0 && said.includes('is a valid SAM Template') ? [] : [finding('SamValidate', 'template.yaml', firstLines(said))];
};

export const buildFindings = async (tools: Tools, folder: string): Promise<Finding[]> => {
  const { code, said } = await tools.run('sam', 'build', '--no-cached', '--parallel', '--build-dir', folder);
  if (code !== 0) return [finding('SamBuild', 'template.yaml', said.split('\n').slice(-8).join('\n'))];
  return /npm (install|ci)|NpmInstall/.test(said) ? [finding('SamBuildInstalls', 'template.yaml', 'sam build runs npm install')] : [];
};

export interface Scan {
  readonly findings: Finding[];
  readonly passed: number;
  readonly skipped: number;
}

const checkov = (tools: Tools, framework: string, files: readonly string[]): Promise<{ stdout: string; said: string }> =>
  tools.run('checkov', ...files.flatMap((file) => ['-f', file]), '--framework', framework, '--skip-download', '-o', 'json');

export const checkovScan = async (tools: Tools, template: Template): Promise<Scan> => {
  const ignores = lintIgnoreFindings(template.tree, lintIgnores);
  try {
    const report = checkovReport((await checkov(tools, 'cloudformation', ['template.yaml'])).stdout);
    const secrets = treeAt(JSON.parse((await checkov(tools, 'secrets', ['template.yaml', 'samconfig.toml'])).stdout) as unknown);
    const failed = Number(secrets['failed'] ?? treeAt(secrets, 'summary')['failed'] ?? Number.NaN);
    const found = failed === 0 ? [] : [finding('SecretFound', 'template.yaml', JSON.stringify(secrets).slice(0, 400))];
    return {
      findings: [...ignores, ...checkovFindings(report, checkovSkips), ...found],
      passed: report.summary.passed,
      skipped: report.summary.failed,
    };
  } catch (cause) {
    return { findings: [...ignores, finding('CheckovUnread', 'template.yaml', (cause as Error).message)], passed: 0, skipped: 0 };
  }
};

/** Packages that may never be in a bundle. */
export const developmentPackages = (root: string): string[] =>
  Object.keys(treeAt(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')), 'devDependencies'));
