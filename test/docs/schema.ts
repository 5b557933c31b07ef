import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { z } from 'zod';
import { programFor } from '../../cli/baton.ts';
import { registerDrill } from '../../cli/drill.ts';
import { cliJson } from '../../cli/json.ts';
import { validatorsFile } from '../../chains/registry.ts';
import { errorCodes } from '../../core/errors.ts';
import { cliPage, type Failure } from './cli-page.ts';

/**
 * `npm run schema` writes docs/validators.schema.json: what an editor may know of validators.yaml. Generated from the schema that reads the file,
 * with its comments as descriptions. It knows nothing of what stands between two fields: `baton apply` judges those. And docs/cli.schema.json:
 * what `--json` prints, by command. And docs/cli.md: every command and its options.
 */

const root = join(import.meta.dirname, '..', '..');
export const schemaFile = join(root, 'docs', 'validators.schema.json');
export const cliFile = join(root, 'docs', 'cli.schema.json');
export const cliPageFile = join(root, 'docs', 'cli.md');

interface Json {
  properties?: Record<string, Json>;
  items?: Json;
  oneOf?: Json[];
  description?: string;
  format?: string;
}

/** Comments of the properties of each constant of a file, by `constant.property.property`. */
const commentsOf = (file: string): Map<string, string> => {
  const found = new Map<string, string>();
  const visit = (node: ts.Node, path: readonly string[]): void => {
    const named = (ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node)) && ts.isIdentifier(node.name);
    const inner = named ? [...path, node.name.text] : path;
    if (named && ts.isPropertyAssignment(node)) {
      const comments = ts.getJSDocCommentsAndTags(node).flatMap(({ comment }) => (typeof comment === 'string' ? [comment] : []));
      if (comments.length > 0) found.set(inner.join('.'), comments.join(' ').replaceAll(/\s+/g, ' '));
    }
    ts.forEachChild(node, (child) => {
      visit(child, inner);
    });
  };
  visit(ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true), []);
  return found;
};

const describeAll = (json: Json | undefined, name: string, comments: ReadonlyMap<string, string>): void => {
  for (const [key, property] of Object.entries(json?.properties ?? {})) {
    const comment = comments.get(`${name}.${key}`);
    if (comment !== undefined) property.description = comment;
    describeAll(property, `${name}.${key}`, comments);
  }
};

const formatted = async (json: object): Promise<string> => format(JSON.stringify(json), { ...(await resolveConfig(schemaFile)), parser: 'json' });

/** Fields may be added: who reads what an older version described must not refuse them. */
export const cliText = (): Promise<string> => {
  const json = z.toJSONSchema(z.object(cliJson).partial(), {
    io: 'output',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  const description =
    'properties.COMMAND describes what `baton COMMAND --json` prints, properties.error what each prints instead when it fails: there `error` is an object.';
  return formatted({ title: 'The output of baton --json', description, ...json });
};

/** The schema as text, as it is to stand in the file. */
export const schemaText = async (): Promise<string> => {
  const json = z.toJSONSchema(validatorsFile, {
    io: 'input',
    // Zod's own names of formats mean nothing to an editor; their patterns stay.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined && jsonSchema.format !== 'uri') delete jsonSchema.format;
    },
  }) as Json;
  const one = json.properties?.['validators']?.items;
  const comments = new Map([...commentsOf('core/config.ts'), ...commentsOf('core/timing.ts')]);
  const of = one?.properties ?? {};
  describeAll(one, 'validatorConfig', comments);
  describeAll(of['nodes']?.items, 'node', comments);
  describeAll(of['policy'], 'policy', comments);
  describeAll(of['timing'], 'timing', comments);
  return formatted({ title: 'validators.yaml of Baton', ...json });
};

/** The whole program, of which no command can be run; what is mistyped throws. */
export const wholeProgram = (): Command => {
  const program = programFor(() => {
    throw new Error('no command is run here');
  });
  registerDrill(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  return program;
};

/** Each code with its comment. @throws Error when one has none. */
const failures = (): Failure[] => {
  const file = 'core/errors.ts';
  const text = readFileSync(join(root, file), 'utf8');
  const found = new Map([...text.matchAll(/^ {2}\/\*\* (.+) \*\/\n {2}'(\w+)',$/gm)].map(([, about = '', code = '']) => [code, about]));
  return errorCodes.map((code) => {
    const about = found.get(code);
    if (about === undefined) throw new Error(`${file}: ${code} says nothing about itself`);
    return { code, about };
  });
};

/** The reference of commands as text, as it is to stand in the file. */
export const cliPageText = (): string => {
  const program = wholeProgram();
  let help = '';
  program.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return cliPage(program, help, failures());
};

if (import.meta.main) {
  writeFileSync(schemaFile, await schemaText());
  writeFileSync(cliPageFile, cliPageText());
  writeFileSync(cliFile, await cliText());
}
