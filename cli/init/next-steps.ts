import { chainOf } from '../../chains/registry.ts';
import type { NodeConfig, ValidatorConfig } from '../../core/config.ts';

/** What is to be done for exactly this validator before it can be failed over. */

export interface Install {
  readonly unit?: string | undefined;
  readonly socket?: string | undefined;
}

export interface NodeSteps {
  readonly node: string;
  /** Name of its role or user in IAM. */
  readonly role: string;
  /** Tags of the role: they say which items of the table this node may read and write. */
  readonly tags: Readonly<Record<string, string>>;
  /** Leading keys that its policies then allow it: the lease to read, or the arbiter to ask and its membership to read; its own report to write. */
  readonly keys: readonly string[];
  /** Outputs of the stack that name the policies to attach. */
  readonly policies: readonly string[];
  /** The guard’s configuration, /etc/baton/VALIDATOR.json. */
  readonly guard: Readonly<Record<string, unknown>>;
  /** Arguments of guard/install.sh. */
  readonly install: string;
}

const roleOf = (principal: string): string => {
  const [, ...names] = principal.split('/');
  return (principal.includes(':assumed-role/') ? names[0] : names.at(-1)) ?? '';
};

/** With policy `ask`: where this guard is asked, and every other node; how to make the keys is in docs/ways-to-run.md. */
const peersFor = ({ nodes, policy }: ValidatorConfig, id: string): Record<string, unknown> =>
  policy.onControlPlaneLoss === 'ask'
    ? {
        peers: {
          listen: '0.0.0.0:7946',
          keyFile: '/etc/baton/peer.pem',
          nodes: nodes
            .filter((other) => other.id !== id)
            .map(({ id: node, name }) => ({ node, address: `ADDRESS-OF-${name}:7946`, publicKey: 'BASE64' })),
        },
      }
    : {};

export const nodeSteps = (config: ValidatorConfig, { id, name, principal }: NodeConfig, install: Install): NodeSteps => {
  const { unit = 'NAME.service' } = install;
  const { setup, socketOf } = chainOf(config);
  const gated = config.custody === 'gate';
  const guardChain = setup.node(config.chain, install);
  const socket = socketOf ? ` --socket ${install.socket ?? '/run/NAME/privval.sock'}` : '';
  return {
    node: name,
    role: roleOf(principal),
    tags: { 'baton-node': id, 'baton-validator': config.id },
    keys: [...(gated ? [`arbiter#${config.id}`, `member#${config.id}#${id}`] : [`lease#${config.id}`]), `node#${config.id}#${id}`],
    policies: ['NodePolicyArn', ...(gated ? ['GateNodePolicyArn'] : []), ...(config.kmsKey === undefined ? [] : ['SigningNodePolicyArn'])],
    guard: {
      validator: config.id,
      node: id,
      table: 'LeaseTableArn, its last part',
      keyId: 'CustodyKeyArn',
      ...(gated ? { custody: config.custody } : {}),
      chain: guardChain,
      unit,
      paths: { keyDir: `/run/baton/${config.id}`, stateDir: `/var/lib/baton/${config.id}` },
      timing: config.timing,
      onControlPlaneLoss: config.policy.onControlPlaneLoss,
      ...peersFor(config, id),
      build: 'the version that you install',
    },
    install: `./install.sh --validator ${config.id} --config ${config.id}.json --unit ${unit}${socket}`,
  };
};

const machineTag = (id: string): string =>
  id.startsWith('mi-')
    ? `aws ssm add-tags-to-resource --resource-type ManagedInstance --resource-id ${id} --tags Key=baton,Value=STACK`
    : `aws ec2 create-tags --resources ${id} --tags Key=baton,Value=STACK`;

const linesOf = (config: ValidatorConfig, steps: NodeSteps): string[] => {
  const id = steps.tags['baton-node'] ?? '';
  return [
    `On ${steps.node} (${id}):`,
    `  role ${steps.role}: attach ${steps.policies.join(', ')} of the outputs and AmazonSSMManagedInstanceCore.`,
    `    By its tags it reads and writes ${steps.keys.join(' and ')}, and nothing else:`,
    `    aws iam tag-role --role-name ${steps.role} --tags ${Object.entries(steps.tags)
      .map(([key, value]) => `Key=${key},Value=${value}`)
      .join(' ')}`,
    `    ${machineTag(id)}   (STACK is the name of the stack; without it no fence reaches the machine)`,
    `  ${config.id}.json, the guard’s configuration; table, keyId and build are for you to fill in:`,
    `    ${JSON.stringify(steps.guard)}`,
    '  as root, beside guard.mjs (npm run bundle:guard) and guard/systemd:',
    `    ${steps.install}`,
    `    It makes baton-guard@${config.id}.service, and a drop-in baton.conf that binds ${String(steps.guard['unit'])} to it.`,
  ];
};

const sealOf = (config: ValidatorConfig): string => `baton seal ${config.id} --key-file ${chainOf(config).setup.seal}`;

/** The commands, in their order. @param enrolled a node is added to it: its key is sealed, and nothing is to be stated. */
export const commandsFor = (config: ValidatorConfig, file: string, enrolled: boolean): string[] => [
  ...(enrolled || config.kmsKey !== undefined ? [] : [sealOf(config)]),
  `baton plan ${file}`,
  `baton apply ${file} --plan ID${enrolled ? '' : ' --attest "I removed the key from … and no other copy of it can sign"'}`,
  ...(config.custody === 'gate' ? config.nodes.map(({ name }) => `baton gate add ${config.id} ${name}`) : []),
  `baton doctor ${config.id} --vault`,
];

/** For people. */
export const stepLines = (config: ValidatorConfig, nodes: readonly NodeSteps[], commands: readonly string[]): string[] => [
  ...nodes.flatMap((one) => linesOf(config, one)),
  'Then, each by who may:',
  ...commands.map((command) => `  ${command}`),
];
