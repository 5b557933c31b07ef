import { dirname } from 'node:path';
import type { Resolved, Target, Template } from './model.ts';
import { isTree, onlyKeys, readYamlFile, TemplateError, treeOf } from './read.ts';
import { Resolution } from './resolution.ts';

/**
 * The SAM template as one deployment would see it: parameters checked, conditions judged, functions resolved, names and ARNs made up the
 * same way each time. Whatever it does not know is an error.
 *
 *     const { resources } = resolveTemplate(loadTemplate('template.yaml'), { region, account, stack, parameters: { Mode: 'home' } });
 */

export type { Output, Resolved, Resource, Target, Template } from './model.ts';
export { TemplateError, type Tree } from './read.ts';

const sections = [
  'AWSTemplateFormatVersion',
  'Transform',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Rules',
  'Globals',
  'Resources',
  'Outputs',
];
/** @throws TemplateError: not YAML, a section, tag or key that is not known, or no resources. */
export const loadTemplate = (file: string): Template => {
  const tree = treeOf(file, readYamlFile(file, { tags: true }));
  onlyKeys(file, tree, sections);
  if (!isTree(tree['Resources'])) throw new TemplateError(file, 'there are no resources');
  return { folder: dirname(file), tree };
};

/** @throws TemplateError: a parameter, rule, reference, function or type that is not known or does not hold. */
export const resolveTemplate = (template: Template, target: Target): Resolved => new Resolution(template, target).run();
