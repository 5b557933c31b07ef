import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resolved, Template } from '../../local/template/index.ts';
import { checkovFindings, checkovReport, lintIgnoreFindings } from './checkov.ts';
import { deployments, resolved } from './deployments.ts';
import { finding, treeAt, type Finding } from './finding.ts';
import { checkovSkips, lintIgnores } from './skips.ts';
import type { Tools } from './tools.ts';

/** The template before the linters: as it is written, and as each deployment would see it. */

const regions = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-northeast-1', 'ap-southeast-1'];
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

const cfnLint = async (tools: Tools, at: string, file: string, where: readonly string[]): Promise<Finding[]> => {
  const { code, said } = await tools.run('cfn-lint', '--non-zero-exit-code', 'informational', '-t', file, '-r', ...where);
  return code === 0 ? [] : [finding('CfnLint', at, firstLines(said))];
};

/** Wrong in a way that only a linter that looks at values would see. */
const planted = { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1 } };

export const lintFindings = async (tools: Tools, template: Template, folder: string): Promise<Finding[]> => {
  mkdirSync(folder, { recursive: true });
  const written = await cfnLint(tools, 'template.yaml', 'template.yaml', regions);
  const each = await Promise.all(
    deployments.map(async (deployment, index) => {
      const file = join(folder, `deployment-${index}.json`);
      writeFileSync(file, JSON.stringify(literal(resolved(template, deployment)), null, 1));
      return cfnLint(tools, deployment.name, file, [deployment.region]);
    }),
  );
  const wrong = join(folder, 'planted.json');
  writeFileSync(wrong, JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', Resources: { Planted: planted } }));
  const seen = await cfnLint(tools, 'planted', wrong, ['us-east-1']);
  const blind = seen.some(({ message }) => message.includes('MessageRetentionPeriod') || message.includes('E3034'));
  return [...written, ...each.flat(), ...(blind ? [] : [finding('CfnLintBlind', 'planted', 'cfn-lint does not see a planted mistake')])];
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
