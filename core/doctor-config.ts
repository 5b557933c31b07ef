import type { ChainTable } from './chain-rules.ts';
import { personOf } from './approval.ts';
import { checkValidator } from './check.ts';
import type { ValidatorConfig } from './config.ts';
import type { BatonError } from './errors.ts';
import { fail, not, ok, seenAs, type Seen, type Told } from './finding.ts';
import { isGroup } from './outlook.ts';
import { timingArithmetic } from './timing.ts';

/** What the configuration of one validator says of a failover: it is judged as it is stored, by today's rules. */

/** The role or user behind a principal. A role and a session of it are one grantee: the session may use what is granted to the role. */
const behind = (principal: string): { who: string; session: boolean } => {
  const [head, ...names] = principal.split('/');
  const [account, kind] = String(head).split(':').slice(4);
  const session = kind === 'assumed-role';
  return { who: `${String(account)}:${session ? 'role' : String(kind)}/${String(session ? names[0] : names.at(-1))}`, session };
};

/** The same as one text: account, and role or user without its path. */
export const roleBehind = (principal: string): string => behind(principal).who;

const shareAGrant = (a: string, b: string): boolean => {
  const [one, other] = [behind(a), behind(b)];
  return a === b || (one.who === other.who && !(one.session && other.session));
};

export const tellPrincipals = ({ id, nodes }: ValidatorConfig): Told => {
  const pair = nodes.flatMap((a, index) =>
    nodes.slice(index + 1).flatMap((b) => (shareAGrant(a.principal, b.principal) ? [[a, b] as const] : [])),
  )[0];
  if (!pair) return ok('Each node has a principal of its own.');
  const [a, b] = pair;
  return fail(
    `${a.name} and ${b.name} share the principal ${a.principal}: a key that is granted to one is granted to both.`,
    `Give each node a role, or a session, of its own in validators.yaml, then: baton apply validators.yaml   (${id})`,
  );
};

export const tellVantages = ({ nodes, vantages, policy }: ValidatorConfig): Told => {
  const next = 'Change vantages in validators.yaml, then: baton apply validators.yaml';
  const own = nodes.flatMap(({ url }) => url ?? []).map((url) => new URL(url));
  const within = (part: 'host' | 'hostname') => vantages.find(({ url }) => own.some((one) => one[part] === new URL(url)[part]));
  const same = within('host');
  if (same) return fail(`Vantage ${same.name} is a node of this validator: it goes blind when that node fails.`, next);
  const places = new Set(vantages.map(({ url }) => new URL(url).host)).size;
  const needed = Math.max(2, policy.verdict.vantages);
  if (places < needed) return fail(`The chain is seen from ${places} places, ${needed} are needed.`, next);
  const beside = within('hostname');
  return beside
    ? not('warn', `Vantage ${beside.name} is on the machine of a node of this validator.`, next)
    : ok(`The chain is seen from ${places} places.`);
};

export const tellApprovers = ({ policy: { mode, approvers, quorum } }: ValidatorConfig, caller: Seen<string>): Told => {
  const next = 'Add approvers to validators.yaml, then: baton apply validators.yaml';
  const people = new Set(approvers.filter((one) => !isGroup(one)).map(personOf));
  const groups = approvers.filter(isGroup).length;
  const most = `${people.size} people and ${groups} roles may approve, ${quorum} must`;
  const state = mode === 'auto' ? 'warn' : 'fail';
  if (groups === 0 && people.size < quorum) return not(state, `${most}.`, next);
  return seenAs(caller, 'Log in (for example: aws sso login) and run it again.', (arn) => {
    people.delete(personOf(arn));
    return groups === 0 && people.size < quorum
      ? not(state, `${most}, and who asks may not: with you asking they are too few.`, next)
      : ok(`${most}.`);
  });
};

export const tellConfig = (config: ValidatorConfig, chains: ChainTable): Told => {
  try {
    checkValidator(config, chains);
    return ok(`Mode ${config.policy.mode}; evidence ${config.policy.evidence.join(', ')}.`);
  } catch (error) {
    return fail((error as BatonError).message, (error as BatonError).fix);
  }
};

export const tellTiming = ({ timing }: ValidatorConfig): Told => {
  const { safe, sentence } = timingArithmetic(timing);
  return safe ? ok(`${sentence}.`) : fail(`${sentence}.`, 'Raise timing.leaseMs in validators.yaml, then: baton apply validators.yaml');
};
