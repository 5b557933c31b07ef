import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { finding, isTree, treeAt, walk, type Finding, type Tree } from './finding.ts';

/** Files that a template names. sam validate does not look whether they are there. */

export interface Files {
  readonly exists: (path: string) => boolean;
  readonly read: (path: string) => string;
}

export const filesUnder = (root: string): Files => ({
  exists: (path) => existsSync(join(root, path)),
  read: (path) => readFileSync(join(root, path), 'utf8'),
});

const missing = (at: string, path: string): Finding => finding('FileMissing', at, `there is no ${path}`);

const definitionFindings = (id: string, resource: Tree, files: Files): Finding[] => {
  const uri = treeAt(resource, 'Properties')['DefinitionUri'];
  if (uri === undefined) return [];
  if (typeof uri !== 'string') return [finding('FileUnknown', `${id}.DefinitionUri`, 'write the path out')];
  return files.exists(uri) ? [] : [missing(`${id}.DefinitionUri`, uri)];
};

const includeFindings = (id: string, resource: Tree, files: Files): Finding[] => {
  const found: Finding[] = [];
  walk(resource, (value) => {
    const transform = treeAt(value, 'Fn::Transform');
    if (transform['Name'] !== 'AWS::Include') return;
    const location = treeAt(transform, 'Parameters')['Location'];
    if (typeof location !== 'string') found.push(finding('FileUnknown', `${id}.Location`, 'write the path out'));
    else if (!files.exists(location)) found.push(missing(`${id}.Location`, location));
  });
  return found;
};

const functionFindings = (id: string, properties: Tree, resource: Tree, files: Files): Finding[] => {
  const { CodeUri: uri, Handler: handler } = properties;
  if (typeof uri !== 'string' || typeof handler !== 'string') return [finding('FileUnknown', id, 'CodeUri and Handler must be written out')];
  if (!files.exists(uri)) return [missing(`${id}.CodeUri`, uri)];
  const [file = '', name = ''] = handler.split(/\.(?=[^.]*$)/);
  const points = treeAt(resource, 'Metadata', 'BuildProperties')['EntryPoints'];
  const [entry] = Array.isArray(points) ? (points as unknown[]) : [];
  if (typeof entry !== 'string') return [finding('FileUnknown', `${id}.EntryPoints`, 'name the entry point')];
  const path = join(uri, entry);
  const found = files.exists(join(uri, 'package.json'))
    ? [finding('PackageInCodeUri', `${id}.CodeUri`, `${uri} holds a package.json: each sam build would install it`)]
    : [];
  if (!files.exists(path)) return [...found, missing(`${id}.EntryPoints`, path)];
  if (basename(entry, '.ts') !== file) found.push(finding('HandlerMismatch', id, `Handler ${handler} is not built from ${entry}`));
  if (!new RegExp(`^export const ${name}\\b`, 'm').test(files.read(path)))
    found.push(finding('HandlerMissing', id, `${path} does not export ${name}`));
  return found;
};

/** Names of the functions' entry points, as the template has them. */
export const deployedFunctions = (template: Tree): string[] =>
  Object.values(treeAt(template, 'Resources'))
    .filter((resource) => treeAt(resource)['Type'] === 'AWS::Serverless::Function')
    .map((resource) => String(treeAt(resource, 'Properties')['Handler']).replace(/\.[^.]*$/, ''))
    .sort();

/** @param written names of the functions that exist as files: each must be deployed. */
export const referenceFindings = (template: Tree, files: Files, written: readonly string[]): Finding[] => {
  const globals = treeAt(template, 'Globals', 'Function');
  const deployed = deployedFunctions(template);
  const found = Object.entries(treeAt(template, 'Resources')).flatMap(([id, resource]) => {
    if (!isTree(resource)) return [];
    const own = includeFindings(id, resource, files);
    if (resource['Type'] === 'AWS::Serverless::StateMachine') own.push(...definitionFindings(id, resource, files));
    if (resource['Type'] === 'AWS::Serverless::Function')
      own.push(...functionFindings(id, { ...globals, ...treeAt(resource, 'Properties') }, resource, files));
    return own;
  });
  return [
    ...found,
    ...written
      .filter((name) => !deployed.includes(name))
      .map((name) => finding('FunctionNotDeployed', name, `functions/${name}.ts is in no resource`)),
  ];
};
