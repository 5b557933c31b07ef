import { isTree, type Tree } from './read.ts';

/** The Globals section of SAM. */

const sections: Readonly<Record<string, string>> = {
  Function: 'AWS::Serverless::Function',
  HttpApi: 'AWS::Serverless::HttpApi',
  StateMachine: 'AWS::Serverless::StateMachine',
};

const isFunctionCall = (value: Tree): boolean => Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));

/** As SAM merges its globals: maps are merged, lists are joined, everything else is replaced. */
const merged = (common: unknown, own: unknown): unknown => {
  if (Array.isArray(common) && Array.isArray(own)) return [...(common as unknown[]), ...(own as unknown[])];
  if (!isTree(common) || !isTree(own) || isFunctionCall(common) || isFunctionCall(own)) return own;
  const both = Object.entries(own).map(([key, value]) => [key, key in common ? merged(common[key], value) : value] as const);
  return { ...common, ...Object.fromEntries(both) };
};

/** The properties of a resource with those that SAM gives to all of its type. */
export const withGlobals = (globals: Tree, type: unknown, own: Tree): unknown => {
  const section = Object.entries(sections).find(([, one]) => one === type)?.[0];
  return section === undefined ? own : merged(globals[section] ?? {}, own);
};

export const globalSections = Object.keys(sections);
