import { registry } from '../../chains/registry.ts';
import { z } from 'zod';
import { checkValidator } from '../../core/check.ts';
import { node, policy, validatorConfig, vantage } from '../../core/config.ts';
import { evidenceKinds } from '../../core/evidence.ts';
import { nodeId, validatorId } from '../../core/ids.ts';
import { timing, timingArithmetic } from '../../core/timing.ts';
import { socket, unit, type Answers } from './answers.ts';
import { ask, askYes, listOf, untilAccepted, type Terminal } from './terminal.ts';

/** The questions of `baton init`. Each answer goes through the schema that reads validators.yaml, each group through its checks. */

type One = z.input<typeof validatorConfig>;
type Node = z.input<typeof node>;
type Policy = z.input<typeof policy>;

const name = node.shape.name;
const mostNodes = 20;
const mostVantages = 10;

/** A whole validator around one part, so that the part alone is judged. */
const around = (part: Partial<One>): void => {
  const filler = {
    id: 'filler',
    chain: { kind: 'cometbft', chainId: 'filler', publicKey: `${'A'.repeat(43)}=` },
    holder: 'filler',
    nodes: [{ name: 'filler', id: 'i-00000000', principal: 'arn:aws:iam::000000000000:role/filler' }],
    vantages: [
      { name: 'one', url: 'http://one' },
      { name: 'two', url: 'http://two' },
    ],
    policy: { mode: 'watch' },
  };
  checkValidator(validatorConfig.parse({ ...filler, ...part }), registry);
};

const readers: Readonly<Record<string, (text: string) => unknown>> = { array: listOf, number: Number };

/** Every field of a chain that has no default, by its own schema and in its words. */
const askChain = async (terminal: Terminal): Promise<One['chain']> => {
  const kind = await ask(terminal, {
    field: 'chain.kind',
    about: `Kind of chain: ${Object.keys(registry).join(', ')} (systemd is any daemon)`,
    schema: z.enum(Object.keys(registry)),
    fallback: 'cometbft',
  });
  const { kind: _, ...fields } = registry[kind]?.config.shape ?? {};
  const given: One['chain'] = { kind };
  for (const [field, schema] of Object.entries<z.ZodType>(fields)) {
    if (schema.safeParse(undefined).success) continue;
    const read = readers[schema.type];
    given[field] = await ask(terminal, { field: `chain.${field}`, about: schema.description ?? field, schema, ...(read ? { read } : {}) });
  }
  return given;
};

type Custody = Pick<One, 'custody' | 'kmsKey'>;

/** Asked where the chain has a signer that asks the arbiter; elsewhere there is one custody. */
const askCustody = async (terminal: Terminal, chain: One['chain']): Promise<Custody> => {
  const rules = registry[chain.kind];
  if (rules?.arbiter?.(chain) !== true) return {};
  const custody = await ask(terminal, {
    field: 'custody',
    about:
      'Custody: release (the key moves to one node at a time) or gate (several nodes sign, each signature decided by the arbiter); it never changes',
    schema: validatorConfig.shape.custody.unwrap(),
    fallback: 'release',
  });
  if (custody === 'release' || rules.keyInKms !== true) return custody === 'release' ? {} : { custody };
  const kmsKey = await ask(terminal, {
    field: 'kmsKey',
    about: 'ARN of the KMS key that signs and never leaves KMS, or Enter for a key that is sealed',
    schema: validatorConfig.shape.kmsKey.unwrap().or(z.literal('')),
  });
  return kmsKey === '' ? { custody } : { custody, kmsKey };
};

export const askNode = async (terminal: Terminal): Promise<Node> => {
  const { principal, url } = node.shape;
  const called = await ask(terminal, { field: 'name', about: 'Name of the node', schema: name });
  const id = await ask(terminal, { field: 'id', about: 'Its instance id (i-…) or SSM managed node id (mi-…)', schema: nodeId });
  const role = await ask(terminal, {
    field: 'principal',
    about: 'ARN of its own principal: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION',
    schema: principal,
  });
  const power = id.startsWith('i-') && (await askYes(terminal, 'May EC2 switch it off when nothing else proves that it stopped?', true));
  const at = await ask(terminal, { field: 'url', about: 'Its own chain endpoint, or Enter for none', schema: url.or(z.literal('')) });
  return { name: called, id, principal: role, ...(power ? { power } : {}), ...(at === '' || at === undefined ? {} : { url: at }) };
};

const askNodes = async (terminal: Terminal): Promise<Pick<One, 'nodes' | 'holder'>> => {
  const nodes = [await askNode(terminal)];
  while (nodes.length < mostNodes && (await askYes(terminal, 'Another node?', nodes.length < 2))) nodes.push(await askNode(terminal));
  const names = nodes.map((one) => one.name);
  const holder = await ask(terminal, { field: 'holder', about: 'Which node signs today?', schema: z.enum(names), fallback: names[0] ?? '' });
  return { holder, nodes };
};

const askVantages = async (terminal: Terminal): Promise<One['vantages']> => {
  terminal.say('Vantages: places from which the chain is seen, at least two, none of them one of the nodes.');
  const vantages: One['vantages'] = [];
  while (vantages.length < 2 || (vantages.length < mostVantages && (await askYes(terminal, 'Another vantage?', false)))) {
    const called = await ask(terminal, { field: 'name', about: `Name of vantage ${vantages.length + 1}`, schema: vantage.shape.name });
    vantages.push({
      name: called,
      url: await ask(terminal, { field: 'url', about: 'Its endpoint, http:// or https://', schema: vantage.shape.url }),
    });
  }
  return vantages;
};

const assumption = (kind: 'lapsed' | 'attested') => policy.shape.assumptions.unwrap().shape[kind].unwrap();

const askEvidence = async (terminal: Terminal): Promise<Pick<Policy, 'evidence' | 'assumptions'>> => {
  const evidence = await ask(terminal, {
    field: 'policy.evidence',
    about: `What may prove that a node cannot sign (${evidenceKinds.join(', ')})`,
    schema: policy.shape.evidence,
    fallback: 'relinquished, stopped, powered-off',
    read: listOf,
  });
  const needed = (['lapsed', 'attested'] as const).filter((kind) => evidence?.includes(kind));
  const assumptions: Record<string, string> = {};
  for (const kind of needed)
    assumptions[kind] = await ask(terminal, {
      field: `policy.assumptions.${kind}`,
      about: `${kind} rests on an assumption. State it in your words`,
      schema: assumption(kind),
    });
  return { evidence, ...(needed.length === 0 ? {} : { assumptions }) };
};

const askPolicy = async (terminal: Terminal, custody: Custody['custody']): Promise<Policy> => {
  const mode = await ask(terminal, {
    field: 'policy.mode',
    about: 'Mode: watch (only tell), approve (ask people) or auto (act alone)',
    schema: policy.shape.mode.unwrap(),
    fallback: 'approve',
  });
  const approvers = await ask(terminal, {
    field: 'policy.approvers',
    about: 'Who may approve, between commas (role/NAME, user/NAME, an ARN or slack/TEAM/USER/NAME)',
    schema: policy.shape.approvers.unwrap(),
    fallback: 'role/baton-approver',
    read: listOf,
  });
  const quorum = await ask(terminal, {
    field: 'policy.quorum',
    about: 'How many of them must',
    schema: policy.shape.quorum,
    fallback: '1',
    read: Number,
  });
  const evidence = await askEvidence(terminal);
  // Without the arbiter nothing is signed, so there is nothing to choose.
  if (custody === 'gate') return { mode, approvers, quorum, ...evidence };
  const onControlPlaneLoss = await ask(terminal, {
    field: 'policy.onControlPlaneLoss',
    about: 'When a guard cannot read the lease: stop, hold (signs on, and gives up lapsed), or ask (goes on while all other guards promise)',
    schema: policy.shape.onControlPlaneLoss.unwrap(),
    fallback: 'stop',
  });
  return { mode, approvers, quorum, ...evidence, onControlPlaneLoss };
};

const askTiming = async (terminal: Terminal): Promise<One['timing']> => {
  const plain = timing.parse({});
  terminal.say(`Timing: ${timingArithmetic(plain).sentence}.`);
  if (!(await askYes(terminal, 'Change it?', false))) return undefined;
  const given: Record<string, number> = {};
  for (const field of ['pollMs', 'readTimeoutMs', 'stopMs', 'marginMs', 'leaseMs'] as const) {
    const schema = timing.shape[field];
    given[field] = Number(await ask(terminal, { field: `timing.${field}`, about: field, schema, fallback: String(plain[field]), read: Number }));
  }
  return given;
};

/** How the guard is installed: asked for the steps that come next alone. */
const askInstall = async (terminal: Terminal, kind: string): Promise<Pick<Answers, 'unit' | 'socket'>> => {
  const named = await ask(terminal, { field: 'unit', about: 'systemd unit of the validator on its nodes, or Enter', schema: unit.or(z.literal('')) });
  const at = registry[kind]?.socketOf
    ? await ask(terminal, { field: 'socket', about: 'Path of its priv_validator_laddr socket, or Enter', schema: socket.or(z.literal('')) })
    : '';
  return { ...(named === '' ? {} : { unit: named }), ...(at === '' ? {} : { socket: at }) };
};

/** Everything about one validator. @throws BatonError InputInvalid when an answer is wrong twenty times. */
export const askValidator = async (terminal: Terminal, known: readonly string[]): Promise<Answers> => {
  const fresh = validatorId.refine((id) => !known.includes(id), 'it stands in the file already');
  const id = await ask(terminal, { field: 'id', about: 'Id of the validator, 1–40 of a–z, 0–9 and -', schema: fresh });
  const itsChain = await askChain(terminal);
  const custody = await askCustody(terminal, itsChain);
  const nodes = await untilAccepted(
    terminal,
    () => askNodes(terminal),
    (given) => {
      around({ ...given, ...custody, chain: itsChain });
    },
  );
  const vantages = await untilAccepted(
    terminal,
    () => askVantages(terminal),
    (given) => {
      around({ vantages: given });
    },
  );
  const itsPolicy = await untilAccepted(
    terminal,
    () => askPolicy(terminal, custody.custody),
    (given) => {
      around({ policy: given, chain: itsChain });
    },
  );
  const itsTiming = await untilAccepted(
    terminal,
    () => askTiming(terminal),
    (given) => {
      around(given === undefined ? {} : { timing: given });
    },
  );
  const one: One = {
    id,
    chain: itsChain,
    ...custody,
    ...nodes,
    vantages,
    policy: itsPolicy,
    ...(itsTiming === undefined ? {} : { timing: itsTiming }),
  };
  return { validator: one, ...(await askInstall(terminal, itsChain.kind)) };
};
