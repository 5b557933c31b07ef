import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node, type Scalar } from 'yaml';

/** YAML as CloudFormation reads it: short forms become long ones, and whatever it would read otherwise than YAML 1.2 is refused. */

/** A template that cannot be used, with the place in it. */
export class TemplateError extends Error {
  constructor(at: string, reason: string) {
    super(`${at}: ${reason}`);
    this.name = 'TemplateError';
  }
}

export type Tree = Readonly<Record<string, unknown>>;

const shortForms: readonly string[] = [
  'Sub',
  'GetAtt',
  'If',
  'Equals',
  'Not',
  'And',
  'Or',
  'Join',
  'Select',
  'Split',
  'FindInMap',
  'ImportValue',
  'Base64',
];

const attributeOf = (at: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const dot = value.indexOf('.');
  if (dot < 1 || dot === value.length - 1) throw new TemplateError(at, `!GetAtt ${value} is not RESOURCE.ATTRIBUTE`);
  return [value.slice(0, dot), value.slice(dot + 1)];
};

const longForm = (at: string, tag: string, value: unknown): unknown => {
  const name = tag.slice(1);
  if (name === 'Ref' || name === 'Condition') return { [name]: value };
  if (!tag.startsWith('!') || !shortForms.includes(name)) throw new TemplateError(at, `unknown tag ${tag}`);
  return { [`Fn::${name}`]: name === 'GetAtt' ? attributeOf(at, value) : value };
};

const standardTag = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;
/** YAML 1.1, which CloudFormation reads, takes the first for booleans and the second for octal numbers. */
const otherwise = [/^(y|n|yes|no|on|off)$/i, /^[-+]?0[0-9_]+$/];

const scalarOf = (at: string, node: Scalar): unknown => {
  const plain = node.type === 'PLAIN';
  if (plain && otherwise.some((form) => form.test(node.source ?? ''))) throw new TemplateError(at, `${node.source} must be quoted`);
  return node.value;
};

const collect = (at: string, node: Node | null, tags: boolean): unknown => {
  if (node === null) return null;
  if (isAlias(node)) throw new TemplateError(at, 'CloudFormation knows no aliases');
  const { tag } = node as { tag?: string };
  const inner = ((): unknown => {
    if (isScalar(node)) return scalarOf(at, node);
    if (isSeq(node)) return node.items.map((item, index) => collect(`${at}[${index}]`, item as Node | null, tags));
    if (!isMap(node)) throw new TemplateError(at, 'neither a value, a list nor a map');
    return Object.fromEntries(
      node.items.map(({ key, value }) => {
        const name = isScalar(key) && typeof key.value === 'string' ? key.value : '';
        if (name === '' || name === '<<') throw new TemplateError(at, 'every key must be a word');
        return [name, collect(at === '' ? name : `${at}.${name}`, value as Node | null, tags)];
      }),
    );
  })();
  if (tag === undefined || standardTag.test(tag)) return inner;
  if (!tags) throw new TemplateError(at, `${tag}: an included file may hold no short forms`);
  return longForm(at, tag, inner);
};

/** The text as plain values. `tags` is false for an included file: CloudFormation reads no short forms there. */
export const readYaml = (text: string, options: { readonly tags: boolean }): unknown => {
  const document = parseDocument(text, { version: '1.2', merge: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw new TemplateError('yaml', error.message.split('\n')[0] ?? '');
  const warning = document.warnings.find(({ code }) => code !== 'TAG_RESOLVE_FAILED');
  if (warning) throw new TemplateError('yaml', warning.message.split('\n')[0] ?? '');
  return collect('', document.contents, options.tags);
};

export const readYamlFile = (file: string, options: { readonly tags: boolean }): unknown => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new TemplateError(file, 'there is no such file');
  }
  return readYaml(text, options);
};

export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws TemplateError when it is not a map. */
export const treeOf = (at: string, value: unknown): Tree => {
  if (!isTree(value)) throw new TemplateError(at, 'expected a map');
  return value;
};

export const listOf = (at: string, value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new TemplateError(at, 'expected a list');
  return value as unknown[];
};

export const textOf = (at: string, value: unknown): string => {
  if (typeof value !== 'string') throw new TemplateError(at, 'expected a text');
  return value;
};

/** @throws TemplateError naming the first key that is not known. */
export const onlyKeys = (at: string, value: Tree, known: readonly string[]): void => {
  const wrong = Object.keys(value).find((key) => !known.includes(key));
  if (wrong !== undefined) throw new TemplateError(at, `unknown key ${wrong}`);
};
