import { registry } from '../../chains/registry.ts';
import { node as nodeSchema, type NodeConfig, type ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { nodeId, type ValidatorId } from '../../core/ids.ts';
import { parseValidatorsFile, parseWith } from '../../core/parse.ts';
import { mayApply, onlyAdds, type Hand } from '../../core/recover.ts';
import { apply } from '../commands/apply.ts';
import { configOf, type Context } from '../context.ts';
import { addedTo, writeWhole } from '../init/file.ts';
import { changeLines, changesIn, shortId, type Changes } from '../plan/changes.ts';
import { readText, valueOf } from '../plan/text.ts';

/** The new machine's place in the configuration: added to the file, and applied by whoever may. */

export interface PlaceOptions {
  /** Name of the new node, or the id of one that is configured. */
  readonly to: string;
  readonly file: string;
  readonly id?: string;
  readonly principal?: string;
  readonly power: boolean;
  readonly yes: boolean;
}

export type Placed =
  | { readonly place: 'applied'; readonly config: ValidatorConfig; readonly node: NodeConfig; readonly wrote: boolean; readonly applied: boolean }
  /** It stands in the file; `plan` is what a custodian applies. */
  | { readonly place: 'file'; readonly plan: string; readonly wrote: boolean }
  /** Nobody said yes. */
  | { readonly place: 'nowhere' };

const named = (config: ValidatorConfig | undefined, to: string): NodeConfig | undefined =>
  config?.nodes.find(({ name, id }) => name === to || id === to);

/** A name that means another machine than the one that was typed is no place for it. */
const sameMachine = (found: NodeConfig, { id, principal, power }: PlaceOptions, where: string): NodeConfig => {
  const wrong = [
    ['--id', id, found.id],
    ['--principal', principal, found.principal],
  ].find(([, typed, there]) => typed !== undefined && typed !== there);
  if (wrong) {
    throw new BatonError('InputInvalid', `${found.name} stands in ${where} with another ${String(wrong[0]).slice(2)}: ${String(wrong[2])}`, {
      field: String(wrong[0]),
      fix: 'Give the new machine another name with --to, or leave --id and --principal out when this is the machine.',
    });
  }
  if (power && found.power === false) {
    throw new BatonError('InputInvalid', `${found.name} stands in ${where} with power: false`, {
      field: '--power',
      fix: 'Leave --power out, or change it in validators.yaml: baton plan validators.yaml',
    });
  }
  return found;
};

const newNode = ({ to, id, principal, power }: PlaceOptions): NodeConfig => {
  const missing = id === undefined ? '--id' : principal === undefined ? '--principal' : null;
  if (missing !== null || nodeId.safeParse(to).success) {
    throw new BatonError('InputInvalid', `${to.slice(0, 80)} is no node of it yet: its name, id and principal are needed`, {
      field: missing ?? '--to',
      fix: 'Set the machine up (docs/add-a-node.md), then give its name with --to, and --id i-… or mi-…, and --principal ARN.',
    });
  }
  return parseWith(nodeSchema, { name: to, id, principal, power }, { what: 'the new node', code: 'InputInvalid', fix: 'docs/add-a-node.md' });
};

/** The text of the file with the node in it: as it is, or with one entry more. */
const textWith = async (validator: ValidatorId, options: PlaceOptions): Promise<{ before: string; text: string; name: string }> => {
  const { file, to } = options;
  const before = await readText(file);
  const inFile = named(
    parseValidatorsFile(valueOf(before, file), registry).validators.find(({ id }) => id === validator),
    to,
  );
  if (inFile) return { before, text: before, name: sameMachine(inFile, options, file).name };
  const node = newNode(options);
  return { before, text: addedTo(before, { node: { ...node, validator } }, file).text, name: node.name };
};

/** @throws BatonError PlanChanged: a recovery is no time to apply what somebody else has changed. */
const requireAlone = ({ changes }: Changes, of: { validator: ValidatorId; name: string; file: string }): void => {
  const others = changes.filter(({ config, kind }) => config.id !== of.validator && kind !== 'unchanged').map(({ config }) => config.id);
  const own = changes.find(({ config }) => config.id === of.validator);
  if (others.length === 0 && own && onlyAdds(own.fields, of.name)) return;
  throw new BatonError('PlanChanged', `${of.file} would change more than that ${of.name} is a node of ${of.validator}; nothing was written`, {
    field: '--file',
    fix: `Read it: baton plan ${of.file}   Apply what is meant, or give a file that says what is stored with --file.`,
  });
};

const denied = (error: unknown): boolean =>
  error instanceof BatonError && (error.cause as { readonly name?: unknown } | undefined)?.name === 'AccessDeniedException';

/** Shows it, asks, writes the file, and applies it with these hands when they may. Nothing is written before all of it is valid. */
export const place = async (context: Context, validator: ValidatorId, options: PlaceOptions, hand: Hand): Promise<Placed> => {
  const { config } = await configOf(context, validator);
  const found = named(config, options.to);
  if (found) return { place: 'applied', config, node: sameMachine(found, options, 'the configuration'), wrote: false, applied: false };
  const { before, text, name } = await textWith(validator, options);
  const changes = await changesIn(context, text, options.file);
  requireAlone(changes, { validator, name, file: options.file });
  for (const line of changes.changes.filter(({ kind }) => kind !== 'unchanged').flatMap(changeLines)) context.output.progress(line);
  const [wrote, applies] = [text !== before, mayApply(hand)];
  const question = [...(wrote ? [`write this to ${options.file}`] : []), ...(applies ? ['apply it'] : [])].join(' and ');
  if (question !== '' && !options.yes && !(await context.confirm(`${question.replace(/^./, (letter) => letter.toUpperCase())}?`)))
    return { place: 'nowhere' };
  if (wrote) await writeWhole(text, options.file, { exactly: before });
  const plan = shortId(changes.id);
  if (!applies) return { place: 'file', plan, wrote };
  const quiet: Context = { ...context, output: { ...context.output, progress: () => undefined } };
  try {
    await apply(quiet, options.file, { yes: true, plan });
  } catch (error) {
    if (denied(error)) return { place: 'file', plan, wrote };
    throw error;
  }
  const after = await configOf(context, validator);
  const node = named(after.config, name);
  if (!node) throw new BatonError('PlanChanged', `${name} was taken out again in between`, { fix: `baton plan ${options.file}` });
  return { place: 'applied', config: after.config, node, wrote, applied: true };
};
