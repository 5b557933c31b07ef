import { join } from 'node:path';
import { assertRules, judge } from './conditions.ts';
import { globalSections, withGlobals } from './globals.ts';
import type { Output, Resolved, Resource, Target, Template } from './model.ts';
import { parametersOf, type ParameterValue } from './parameters.ts';
import { onlyKeys, readYamlFile, TemplateError, textOf, treeOf, type Tree } from './read.ts';
import { madeName, shapes, type Named, type Place, type Shape } from './shapes.ts';
import { evaluate, nothing, type Environment } from './values.ts';

/** One deployment of a template, worked out lazily: a name may need a parameter, a condition, or the name of another resource. */

const resourceKeys = [
  'Type',
  'Properties',
  'Condition',
  'DependsOn',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'UpdatePolicy',
  'CreationPolicy',
];
const keeping = ['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot'];
const sectionOf = ({ tree }: Template, name: string): Tree => (tree[name] === undefined ? {} : treeOf(name, tree[name]));

const placeOf = ({ region, account }: Target): Place => {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return { partition, region, account, suffix: partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com' };
};

const literal = (at: string, value: unknown, allowed: readonly string[]): string => {
  const text = textOf(at, value);
  if (!allowed.includes(text)) throw new TemplateError(at, `${text} is not one of ${allowed.join(', ')}`);
  return text;
};

export class Resolution {
  readonly #template: Template;
  readonly #target: Target;
  readonly #place: Place;
  readonly #parameters: Readonly<Record<string, ParameterValue>>;
  readonly #resources: Tree;
  readonly #conditions = new Map<string, boolean | null>();
  readonly #names = new Map<string, string | null>();
  /** From each resource to those that must exist before it. */
  readonly #needs = new Map<string, Set<string>>();

  constructor(template: Template, target: Target) {
    this.#template = template;
    this.#target = target;
    this.#place = placeOf(target);
    onlyKeys('Globals', sectionOf(template, 'Globals'), globalSections);
    this.#parameters = parametersOf(sectionOf(template, 'Parameters'), target.parameters ?? {});
    this.#resources = sectionOf(template, 'Resources');
  }

  #pseudo(name: string): unknown {
    const { partition, region, account, suffix } = this.#place;
    const { stack } = this.#target;
    const values: Record<string, unknown> = {
      'AWS::Partition': partition,
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::URLSuffix': suffix,
      'AWS::StackName': stack,
      'AWS::StackId': `arn:${partition}:cloudformation:${region}:${account}:stack/${stack}/00000000-0000-4000-8000-000000000000`,
      'AWS::NoValue': nothing,
    };
    return values[name];
  }

  #holds = (at: string, name: string): boolean => {
    const known = this.#conditions.get(name);
    if (known === null) throw new TemplateError(at, `condition ${name} refers to itself`);
    if (known !== undefined) return known;
    const all = sectionOf(this.#template, 'Conditions');
    if (!(name in all)) throw new TemplateError(at, `there is no condition ${name}`);
    this.#conditions.set(name, null);
    const found = judge(this.#environment(null), `Conditions.${name}`, all[name]);
    this.#conditions.set(name, found);
    return found;
  };

  /** What `own`, or a condition or rule (null), can see. */
  #environment(own: string | null): Environment {
    const need = (at: string, id: string): void => {
      if (own === null) throw new TemplateError(at, `${id} is a resource, which cannot be seen here`);
      this.#needs.set(own, (this.#needs.get(own) ?? new Set()).add(id));
    };
    return {
      ref: (at, name) => {
        const value = this.#pseudo(name) ?? this.#parameters[name];
        if (value !== undefined) return value;
        const one = this.#named(at, name);
        need(at, name);
        return one.shape.ref(one);
      },
      attribute: (at, id, attribute) => {
        const one = this.#named(at, id);
        need(at, id);
        const make = one.shape.attributes[attribute];
        if (!make) throw new TemplateError(at, `${one.type} has no attribute ${attribute}`);
        return make(one);
      },
      holds: this.#holds,
      mapping: (at, map, top, second) => {
        const found = treeOf(at, treeOf(at, sectionOf(this.#template, 'Mappings')[map])[top])[second];
        if (found === undefined) throw new TemplateError(at, `there is nothing at ${map}.${top}.${second}`);
        return found;
      },
      include: (_at, location) => readYamlFile(join(this.#template.folder, location), { tags: false }),
      imported: (at, name) => {
        const found = this.#target.imports?.[name];
        if (found === undefined) throw new TemplateError(at, `no stack exports ${name}`);
        return found;
      },
    };
  }

  #raw(at: string, id: string): Tree {
    if (!(id in this.#resources)) throw new TemplateError(at, `there is no parameter or resource ${id}`);
    return treeOf(`Resources.${id}`, this.#resources[id]);
  }

  #exists(at: string, id: string): boolean {
    const condition = this.#raw(at, id)['Condition'];
    return condition === undefined || this.#holds(at, textOf(at, condition));
  }

  #shape(id: string): { type: string; shape: Shape } {
    const type = textOf(`Resources.${id}.Type`, this.#raw(id, id)['Type']);
    const shape = shapes[type];
    if (!shape) throw new TemplateError(`Resources.${id}`, `unknown type ${type}`);
    return { type, shape };
  }

  #properties(id: string): Tree {
    const at = `Resources.${id}.Properties`;
    const { Type: type, Properties: own = {} } = this.#raw(id, id);
    return treeOf(at, withGlobals(sectionOf(this.#template, 'Globals'), type, treeOf(at, own)));
  }

  #named(at: string, id: string): Named & { type: string; shape: Shape } {
    if (!this.#exists(at, id)) throw new TemplateError(at, `${id} is not created here: its condition does not hold`);
    const { type, shape } = this.#shape(id);
    const one = { ...this.#place, stack: this.#target.stack, logicalId: id };
    const known = this.#names.get(id);
    if (known === null) throw new TemplateError(at, `the name of ${id} refers to itself`);
    if (known !== undefined) return { ...one, name: known, type, shape };
    this.#names.set(id, null);
    const place = `Resources.${id}.Properties.${shape.naming ?? ''}`;
    const given = shape.naming === undefined ? undefined : this.#properties(id)[shape.naming];
    const value = given === undefined ? nothing : evaluate(this.#environment(id), place, given);
    const name = value === nothing ? madeName(one) : textOf(place, value);
    this.#names.set(id, name);
    return { ...one, name, type, shape };
  }

  #resource(id: string): Resource {
    const at = `Resources.${id}`;
    const raw = this.#raw(at, id);
    onlyKeys(at, raw, resourceKeys);
    const { type } = this.#shape(id);
    const before = raw['DependsOn'] ?? [];
    const dependsOn = (Array.isArray(before) ? before : [before]).map((one) => textOf(`${at}.DependsOn`, one));
    // As CloudFormation does: what is not created here need not come before.
    const present = dependsOn.filter((one) => this.#exists(`${at}.DependsOn`, one));
    this.#needs.set(id, new Set([...(this.#needs.get(id) ?? []), ...present]));
    const { DeletionPolicy: deletion, UpdateReplacePolicy: replacement, Condition: condition } = raw;
    return {
      Type: type,
      Properties: treeOf(at, evaluate(this.#environment(id), `${at}.Properties`, this.#properties(id))),
      Metadata: treeOf(at, evaluate(this.#environment(id), `${at}.Metadata`, raw['Metadata'] ?? {})),
      DependsOn: present,
      ...(deletion === undefined ? {} : { DeletionPolicy: literal(`${at}.DeletionPolicy`, deletion, keeping) }),
      ...(replacement === undefined ? {} : { UpdateReplacePolicy: literal(`${at}.UpdateReplacePolicy`, replacement, keeping) }),
      ...(condition === undefined ? {} : { Condition: textOf(at, condition) }),
    };
  }

  #refuseCircles(): void {
    const done = new Set<string>();
    const visit = (id: string, path: readonly string[]): void => {
      if (path.includes(id)) throw new TemplateError('Resources', `circular dependency ${[...path.slice(path.indexOf(id)), id].join(' → ')}`);
      if (done.has(id)) return;
      for (const next of this.#needs.get(id) ?? []) visit(next, [...path, id]);
      done.add(id);
    };
    for (const id of this.#needs.keys()) visit(id, []);
  }

  #outputs(): Record<string, Output> {
    const made: Record<string, Output> = {};
    for (const [name, raw] of Object.entries(sectionOf(this.#template, 'Outputs'))) {
      const at = `Outputs.${name}`;
      const output = treeOf(at, raw);
      onlyKeys(at, output, ['Value', 'Description', 'Export', 'Condition']);
      if (output['Condition'] !== undefined && !this.#holds(at, textOf(at, output['Condition']))) continue;
      const description = output['Description'];
      const value = textOf(at, evaluate(this.#environment(at), at, output['Value']));
      made[name] = { Value: value, ...(description === undefined ? {} : { Description: textOf(at, description) }) };
    }
    return made;
  }

  run(): Resolved {
    const names = Object.keys(sectionOf(this.#template, 'Conditions'));
    const conditions = Object.fromEntries(names.map((name) => [name, this.#holds('Conditions', name)]));
    assertRules(this.#environment(null), sectionOf(this.#template, 'Rules'));
    const ids = Object.keys(this.#resources).filter((id) => this.#exists('Resources', id));
    // Those that are not created must be of a known type all the same.
    for (const id of Object.keys(this.#resources)) this.#shape(id);
    const resources = Object.fromEntries(ids.map((id) => [id, this.#resource(id)]));
    const outputs = this.#outputs();
    this.#refuseCircles();
    const seen = this.#environment('caller');
    return {
      ...this.#place,
      stack: this.#target.stack,
      parameters: this.#parameters,
      conditions,
      resources,
      outputs,
      ref: (id) => {
        const one = this.#named('ref', id);
        return one.shape.ref(one);
      },
      attribute: (id, attribute) => seen.attribute('attribute', id, attribute),
    };
  }
}
