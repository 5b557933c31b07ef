import type { ParameterValue } from './parameters.ts';
import type { Tree } from './read.ts';
import type { Place } from './shapes.ts';

export interface Template {
  readonly folder: string;
  readonly tree: Tree;
}

export interface Target {
  readonly region: string;
  readonly account: string;
  readonly stack: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** What other stacks export. */
  readonly imports?: Readonly<Record<string, string>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Tree;
  readonly Metadata: Tree;
  readonly DependsOn: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Condition?: string;
}

export interface Output {
  readonly Value: string;
  readonly Description?: string;
}

export interface Resolved extends Place {
  readonly stack: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly conditions: Readonly<Record<string, boolean>>;
  /** Only those whose condition holds. */
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<Record<string, Output>>;
  /** What Ref and GetAtt give. @throws TemplateError when there is no such resource or attribute. */
  readonly ref: (logicalId: string) => string;
  readonly attribute: (logicalId: string, attribute: string) => string;
}
