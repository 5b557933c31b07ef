import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadDefinition } from '../../local/asl/definition.ts';
import { readDocument, scriptOf } from '../../local/aws/ssm.ts';
import { loadTemplate, type Template } from '../../local/template/index.ts';
import { aslFindings, substitutionFindings } from './asl.ts';
import { driveBuilt } from './built.ts';
import { budgetOf, bundleFindings, clientsOf, loadFindings, readBuild } from './bundles.ts';
import { commandFindings } from './commands.ts';
import { countAlarms, countPermissions, type Counted } from './counts.ts';
import { dashboardFindings } from './dashboard.ts';
import { deployments, resolved } from './deployments.ts';
import { countExamples, documentFindings, headFindings } from './documents.ts';
import { finding, treeAt, type Finding, type Tree } from './finding.ts';
import { buildFindings, checkovScan, developmentPackages, lintFindings, validateFindings } from './lint.ts';
import { functionNames } from './function-names.ts';
import { filesUnder, referenceFindings } from './references.ts';
import { ruleFindings } from './rules.ts';
import { scheduleFindings } from './schedule.ts';
import { serviceFindings, servicesOf } from './services.ts';
import { ensureVenv, Tools } from './tools.ts';
import { exposureFindings, exposureOf, verifyUnits } from './units.ts';

/** Everything that can be known about a deployment without an account. Prints each step, all findings, and one line of JSON. */

const root = join(import.meta.dirname, '..', '..');
const cache = join(root, '.cache', 'deploy');
const startedMs = Date.now();
const say = (sentence: string): void => {
  process.stdout.write(`${((Date.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s  ${sentence}\n`);
};
const failures: Finding[] = [];
const counts: Record<string, number> = {};
const pathOf = (...parts: readonly string[]): string => join(root, ...parts);

const take = ({ findings, counts: counted }: Counted): Finding[] => {
  Object.assign(counts, counted);
  return [...findings];
};

/** One step; what it throws is a finding like any other, so that the others still run. */
const step = async (name: string, act: () => Promise<Finding[]> | Finding[]): Promise<void> => {
  let found: Finding[];
  try {
    found = await act();
  } catch (cause) {
    found = [finding('CheckBroken', name, (cause as Error).message)];
  }
  failures.push(...found);
  say(`${found.length === 0 ? 'ok    ' : 'FAILED'} ${name}${found.length === 0 ? '' : `: ${found.length}`}`);
  for (const { code, at, message } of found) process.stderr.write(`  ${code} ${at}: ${message}\n`);
};

const workflow = (template: Tree): Finding[] => {
  const text = readFileSync(pathOf('statemachines', 'failover.asl.json'), 'utf8');
  const given = Object.keys(treeAt(template, 'Resources', 'FailoverStateMachine', 'Properties', 'DefinitionSubstitutions'));
  loadDefinition(text, Object.fromEntries(given.map((name) => [name, `arn:aws:lambda:us-east-1:1:function:${name}`])));
  return [...aslFindings(JSON.parse(text) as Tree), ...substitutionFindings(text, given)];
};

const documents =
  (tools: Tools): (() => Promise<Finding[]>) =>
  async () => {
    const files = readdirSync(pathOf('documents')).filter((file) => file.endsWith('.yaml'));
    counts['documents'] = files.length;
    counts['documentExamples'] = 0;
    const found: Finding[] = [];
    for (const file of files) {
      const [name, path] = [basename(file, '.yaml'), pathOf('documents', file)];
      const document = readDocument(path);
      counts['documentExamples'] += countExamples(document);
      found.push(...documentFindings(name, document), ...headFindings(name, readFileSync(path, 'utf8')));
      const script = scriptOf(document);
      const { code, said } = await tools.runWith(script, 'shellcheck', '-s', 'sh', '-');
      if (code !== 0) found.push(finding('Shellcheck', name, said));
    }
    return found;
  };

const units = (): Finding[] => {
  const folder = pathOf('guard', 'systemd');
  const files = readdirSync(folder);
  counts['units'] = files.length;
  const exposure = exposureOf(join(folder, 'baton-guard@.service'));
  say(`       exposure of the guard: ${exposure.overall}`);
  return [
    ...verifyUnits(
      folder,
      files.filter((file) => file.endsWith('.conf')),
    ),
    ...exposureFindings(exposure),
  ];
};

const bundles = (folder: string, template: Template): Finding[] => {
  const built = readBuild(folder);
  counts['functions'] = built.length;
  for (const one of built) say(`       ${one.name.padEnd(18)} ${(one.bytes / 1_024).toFixed(0).padStart(6)} KiB  ${clientsOf(one).join(' ')}`);
  const budget = budgetOf(readFileSync(join(import.meta.dirname, 'bundle-budget.json'), 'utf8'));
  // The one where everything is switched on.
  const [, home] = deployments;
  const services = home ? servicesOf(resolved(template, home)) : new Map<string, string[]>();
  return [...bundleFindings(built, budget, developmentPackages(root)), ...serviceFindings(built, services), ...loadFindings(built, {})];
};

const main = async (): Promise<void> => {
  const tools = new Tools(root, await ensureVenv(root, say));
  const template = loadTemplate(pathOf('template.yaml'));
  counts['resources'] = Object.keys(treeAt(template.tree, 'Resources')).length;
  const build = join(cache, 'build');
  // The build uses one core for the longest time; all others fit beside it.
  const building = buildFindings(tools, build);
  await step('rules of the template', () => ruleFindings(template.tree));
  await step('schedules', () => scheduleFindings(template.tree));
  await step('files that the template names', () => referenceFindings(template.tree, filesUnder(root), functionNames()));
  await step('each deployment resolves; dashboards', () =>
    deployments.flatMap((deployment) =>
      Object.entries(resolved(template, deployment).resources)
        .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Dashboard')
        .flatMap(([id, { Properties }]) => dashboardFindings(`${id} (${deployment.name})`, Properties['DashboardBody'])),
    ),
  );
  await step('the workflow', () => workflow(template.tree));
  await step('SSM documents', documents(tools));
  await step('units of the guard', units);
  await step('permissions, by every call that is made', async () => take(await countPermissions()));
  await step('alarms, through recorded series', () => take(countAlarms()));
  await step('sam validate --lint', () => validateFindings(tools));
  await step('cfn-lint', () => lintFindings(tools, template, cache));
  await step('commands of aws and sam in the documents', async () => {
    const { findings, commands } = await commandFindings(tools);
    counts['awsCommands'] = commands;
    return findings;
  });
  await step('checkov', async () => {
    const { findings, passed, skipped } = await checkovScan(tools, template);
    Object.assign(counts, { checkovPassed: passed, checkovSkipped: skipped });
    return findings;
  });
  await step('sam build, bundles', async () => {
    const found = await building;
    return found.length > 0 ? found : bundles(build, template);
  });
  await step('failovers by what was built, under the policies of the template', async () => {
    const driven = await driveBuilt(join(build, 'template.yaml'), builtScenarios, (sentence) => {
      say(`       ${sentence}`);
    });
    Object.assign(counts, { builtFailovers: driven.failovers, builtCalls: driven.calls });
    return [...driven.findings];
  });
};

/** Together they need every function but reinstate and slack, the approvals endpoint, the alarm's rule, and the fence by guard and by power. */
const builtScenarios = ['crash', 'freeze', 'alarm'] as const;

const order = [
  'resources',
  'policiesAllowed',
  'policiesDenied',
  'alarms',
  'series',
  'documents',
  'documentExamples',
  'functions',
  'checkovPassed',
  'checkovSkipped',
  'units',
  'awsCommands',
  'builtFailovers',
  'builtCalls',
];

await step('everything was looked at', async () => {
  await main();
  return order.filter((name) => !(Number(counts[name]) >= 0)).map((name) => finding('NotCounted', name, 'its step did not come to an end'));
});
const [first] = failures;
if (first) {
  process.stderr.write(`check:deploy failed with ${failures.length} findings. The first: ${first.code} ${first.at}: ${first.message}\n`);
  process.exitCode = 1;
}
process.stdout.write(`${JSON.stringify(Object.fromEntries(order.map((name) => [name, counts[name] ?? null])))}\n`);
