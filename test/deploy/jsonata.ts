import jsonata from 'jsonata';
import { finding, isTree, walk, type Finding } from './finding.ts';

/** The JSONata expressions of a state machine: they parse, call only what Step Functions has, and read only what was assigned. */

/** Step Functions adds these and has no `$eval`. */
const added = ['partition', 'range', 'hash', 'random', 'uuid', 'parse'];
const builtIn = (
  'abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl decodeUrlComponent distinct each ' +
  'encodeUrl encodeUrlComponent error exists filter floor formatBase formatInteger formatNumber fromMillis join keys length lookup ' +
  'lowercase map match max merge millis min not now number pad parseInteger power random reduce replace reverse round shuffle sift ' +
  'single sort split spread sqrt string substring substringAfter substringBefore sum toMillis trim type uppercase zip'
).split(' ');
const functions = new Set([...builtIn, ...added]);
/** `$states`, and `$` and `$$` themselves. */
const always = ['states', '', '$'];

const visitVariables = (node: unknown, visit: (name: string, called: boolean) => void): void => {
  walk(node, (value, path) => {
    if (isTree(value) && value['type'] === 'variable') visit(String(value['value']), path.at(-1) === 'procedure');
  });
};

const ownVariables = (node: unknown): string[] => {
  const names: string[] = [];
  walk(node, (value) => {
    if (isTree(value) && value['type'] === 'bind') names.push(String((value['lhs'] as { value?: unknown } | undefined)?.value));
    if (isTree(value) && value['type'] === 'lambda')
      names.push(...(value['arguments'] as { value?: unknown }[]).map(({ value: name }) => String(name)));
  });
  return names;
};

const oneExpression = (at: string, text: string, assigned: ReadonlySet<string>): Finding[] => {
  let tree: unknown;
  try {
    tree = jsonata(text.slice(2, -2)).ast();
  } catch (cause) {
    return [finding('JsonataInvalid', at, (cause as { message?: string }).message ?? 'does not parse')];
  }
  const own = ownVariables(tree);
  const found: Finding[] = [];
  visitVariables(tree, (name, called) => {
    if (own.includes(name) || always.includes(name)) return;
    if (called && !functions.has(name)) found.push(finding('JsonataUnknownFunction', at, `$${name} is not a function of Step Functions`));
    if (!called && !assigned.has(name) && !functions.has(name)) found.push(finding('JsonataUnknownVariable', at, `nothing assigns $${name}`));
  });
  return found;
};

/** All that is wrong with the expressions of a definition. */
export const expressionFindings = (definition: unknown): Finding[] => {
  const assigned = new Set<string>();
  walk(definition, (value, path) => {
    if (path.at(-1) === 'Assign' && isTree(value)) for (const name of Object.keys(value)) assigned.add(name);
  });
  const found: Finding[] = [];
  walk(definition, (value, path) => {
    if (typeof value !== 'string' || !/\{%|%\}/.test(value)) return;
    const at = path.slice(path[0] === 'States' ? 1 : 0).join('.');
    // Anything around the braces makes the whole a plain text, braces and all.
    if (/^\{%[^]*%\}$/.test(value)) found.push(...oneExpression(at, value, assigned));
    else found.push(finding('JsonataNotWhole', at, 'an expression must be the whole value'));
  });
  return found;
};
