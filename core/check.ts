import { rulesOf, type ChainRules, type ChainTable } from './chain-rules.ts';
import type { ValidatorConfig } from './config.ts';
import { BatonError, type ErrorCode } from './errors.ts';
import { machineNames } from './power.ts';
import { slackUserOf } from './slack-names.ts';
import { checkAsk, checkTiming } from './timing.ts';
import { windowMs } from './window.ts';

/** Checks that no schema sees: between the fields of one validator. */

export const twice = (names: readonly string[]): string | undefined => names.find((name, index) => names.indexOf(name) !== index);

const refuse = (config: ValidatorConfig, field: string, message: string, fix: string, code: ErrorCode = 'ConfigInvalid'): never => {
  throw new BatonError(code, `${config.id}: ${message}`, { field: `${config.id}.${field}`, fix });
};

const checkNodes = (config: ValidatorConfig): void => {
  const names = config.nodes.map(({ name }) => name);
  if (!names.includes(config.holder)) {
    refuse(
      config,
      'holder',
      `holder is "${config.holder}": expected one of its nodes ${names.join(', ')}`,
      'Set holder to the name of the node that signs now.',
      'HolderUnknown',
    );
  }
  const doubled = twice(names) ?? twice(config.nodes.map(({ id }) => id)) ?? twice(config.nodes.map(({ principal }) => principal));
  if (doubled !== undefined)
    refuse(
      config,
      'nodes',
      `two nodes share "${doubled}"`,
      'Give each node its own name, id and principal: a shared principal makes the key grant worthless.',
    );
  if (config.nodes.some(({ id, power }) => power === true && id.startsWith('mi-')))
    refuse(config, 'nodes', 'power is true for an mi-… node: EC2 cannot power it off', 'Set power to false there.');
  checkMachines(config);
};

/** To cut one machine's power and be told of another's would be no fence. */
const checkMachines = (config: ValidatorConfig): void => {
  const doubled = twice(config.nodes.flatMap(machineNames));
  if (doubled !== undefined)
    refuse(
      config,
      'nodes',
      `two nodes have the same machine behind power: ${doubled}`,
      'Give each node the url, system and uuid of its own machine.',
    );
};

const checkVantages = (config: ValidatorConfig): void => {
  const { policy } = config;
  const place = twice(config.vantages.map(({ name }) => name)) ?? twice(config.vantages.map(({ url }) => url));
  if (place !== undefined) refuse(config, 'vantages', `two vantages share "${place}"`, 'Give each vantage its own name and url.');
  if (policy.verdict.vantages < 2)
    refuse(
      config,
      'policy.verdict.vantages',
      `policy.verdict.vantages is ${policy.verdict.vantages}: expected at least 2`,
      'One place alone cannot tell a dead validator from its own blindness.',
    );
  if (config.vantages.length < policy.verdict.vantages) {
    refuse(
      config,
      'vantages',
      `${config.vantages.length} vantages, but ${policy.verdict.vantages} must agree`,
      'Add a vantage, or lower policy.verdict.vantages.',
    );
  }
  if (policy.verdict.failing > policy.verdict.window)
    refuse(
      config,
      'policy.verdict',
      `failing ${policy.verdict.failing} of window ${policy.verdict.window} can never be reached`,
      'Lower failing or raise window.',
    );
};

const checkSlack = (config: ValidatorConfig): void => {
  const { approvers } = config.policy;
  const inSlack = approvers.filter((approver) => /^slack\//i.test(approver));
  const wrong = inSlack.find((approver) => slackUserOf(approver) === undefined);
  if (wrong !== undefined) {
    const field = `policy.approvers.${approvers.indexOf(wrong)}`;
    refuse(
      config,
      field,
      `${field} is "${wrong}": expected slack/TEAM/USER/NAME`,
      'Write it like slack/T0123ABCD/U0456EFGH/robin: the ids from Slack, then the session name that this person has in IAM.',
    );
  }
  const again = twice(inSlack.map((approver) => String(slackUserOf(approver))));
  if (again !== undefined) refuse(config, 'policy.approvers', `two approvers are the Slack user ${again}`, 'Keep one entry for each Slack user.');
};

/** Whoever can reset a login in Slack is every person under `slack/`: enough of these are a proof by one company's word. */
const checkAttesters = (config: ValidatorConfig): void => {
  const { approvers, quorum, assumptions } = config.policy;
  const inSlack = approvers.filter((approver) => slackUserOf(approver) !== undefined).length;
  if (approvers.length === 0) refuse(config, 'policy.approvers', 'attested is accepted, but nobody may attest', 'Add approvers.');
  if (inSlack >= quorum && assumptions.slack === undefined)
    refuse(
      config,
      'policy.assumptions.slack',
      `attested is accepted, and ${inSlack} approvers in Slack make up a quorum of ${quorum}: whoever administers the workspace could attest alone`,
      'Name fewer approvers under slack/ than the quorum, or write in policy.assumptions.slack why the workspace is trusted (20 characters or more).',
    );
};

const checkAsking = (config: ValidatorConfig, gated: boolean): void => {
  const field = 'policy.onControlPlaneLoss';
  if (!gated)
    refuse(
      config,
      field,
      'ask is for chains where the guard is the signer: elsewhere no lapse is proven, and hold serves as well',
      'Set it to stop or hold.',
    );
  if (config.nodes.length < 2) refuse(config, field, 'ask needs another node that can be asked', 'Add a node, or set it to stop.');
  checkAsk(config.timing);
};

const checkEvidence = (config: ValidatorConfig, gated: boolean): void => {
  const { policy } = config;
  for (const kind of ['lapsed', 'attested'] as const) {
    if (policy.evidence.includes(kind) && policy.assumptions[kind] === undefined) {
      refuse(
        config,
        `policy.assumptions.${kind}`,
        `evidence ${kind} is accepted, but its assumption is not stated`,
        `Write in policy.assumptions.${kind} what it rests on (20 characters or more).`,
      );
    }
  }
  if (policy.mode === 'approve' && policy.approvers.length < policy.quorum) {
    refuse(
      config,
      'policy.approvers',
      `${policy.approvers.length} approvers for a quorum of ${policy.quorum}`,
      'Add approvers (for example role/validator-approver), or set mode to watch.',
    );
  }
  if (policy.evidence.includes('attested')) checkAttesters(config);
  if (policy.evidence.includes('lapsed') && !gated) {
    refuse(
      config,
      'policy.evidence',
      `lapsed cannot be accepted on ${config.chain.kind}: what signs by itself may wake from a freeze and sign before its guard stops it`,
      'Take lapsed out of policy.evidence; powered-off or attested serve instead.',
    );
  }
  if (policy.onControlPlaneLoss === 'ask') checkAsking(config, gated);
  if (policy.evidence.includes('lapsed') && policy.onControlPlaneLoss === 'hold') {
    refuse(
      config,
      'policy.onControlPlaneLoss',
      'hold gives up lapsed as evidence',
      'Set onControlPlaneLoss to stop, or take lapsed out of evidence.',
    );
  }
};

/** Longest time that both ways of a drill take, beside the time in which people answer. */
const drillMs = 1_800_000;

const checkDrill = (config: ValidatorConfig): void => {
  const { drill, mode, approvalMs } = config.policy;
  if (!drill) return;
  if (mode === 'watch')
    refuse(config, 'policy.drill', 'drills are asked for, and mode watch moves nothing by itself', 'Take policy.drill out, or set mode to approve.');
  if (config.nodes.length < 2)
    refuse(config, 'policy.drill', 'drills are asked for, and there is one node only', 'Add a node, or take policy.drill out.');
  const openMs = windowMs(drill.window);
  if (openMs < approvalMs + drillMs)
    refuse(
      config,
      'policy.drill.window',
      `the window is open for ${openMs / 60_000} min; ${(approvalMs + drillMs) / 60_000} are needed: policy.approvalMs and half an hour`,
      'Widen the window, or lower policy.approvalMs.',
    );
};

const checkChain = (config: ValidatorConfig, { check }: ChainRules): void => {
  const found = check?.(config);
  if (found) refuse(config, found.field, found.message, found.fix);
};

const fewestMembers = 2;

/** Custody gate: there is nothing to move, and no signature without the arbiter. */
const checkCustody = (config: ValidatorConfig, { arbiter, kind, keyInKms }: ChainRules): void => {
  const { custody, nodes, policy, kmsKey } = config;
  // A key in KMS has no fence of its own: whoever holds the lease could not be kept from signing later than the lease says.
  if (kmsKey !== undefined && custody !== 'gate')
    refuse(config, 'kmsKey', 'a key in KMS needs custody gate, where the arbiter decides each signature', 'Take kmsKey out, or set custody to gate.');
  if (kmsKey !== undefined && keyInKms !== true)
    refuse(config, 'kmsKey', `the keys of ${kind} cannot sign in KMS: Ed25519 alone can`, 'Take kmsKey out.');
  if (custody === 'release') return;
  if (arbiter?.(config.chain) !== true)
    refuse(config, 'custody', `custody is gate: ${kind} has no signer that asks the arbiter`, 'Set custody to release.');
  if (nodes.length < fewestMembers)
    refuse(
      config,
      'nodes',
      `custody gate with ${nodes.length} node: expected at least ${fewestMembers}, better 3`,
      'Add nodes, or set custody to release.',
    );
  if (policy.onControlPlaneLoss !== 'stop')
    refuse(
      config,
      'policy.onControlPlaneLoss',
      `policy.onControlPlaneLoss is ${policy.onControlPlaneLoss}: with custody gate nothing is signed without the arbiter`,
      'Set it to stop.',
    );
  if (policy.drill) refuse(config, 'policy.drill', 'drills are asked for, and custody gate has nothing to move', 'Take policy.drill out.');
};

/** @throws BatonError with the field, its value, what was expected and the fix. */
export const checkValidator = (config: ValidatorConfig, chains: ChainTable): ValidatorConfig => {
  const rules = rulesOf(config, chains);
  checkNodes(config);
  checkVantages(config);
  checkEvidence(config, rules.gated(config.chain));
  checkSlack(config);
  checkDrill(config);
  checkTiming(config.timing);
  checkCustody(config, rules);
  checkChain(config, rules);
  return config;
};
