import type { Resolved } from '../../local/template/index.ts';
import { clientsOf, type Built } from './bundles.ts';
import { finding, treeAt, type Finding } from './finding.ts';

/** What a function carries against what its role may do: each client needs a permission, each permission a client. */

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value]);

/** Services whose actions the roles of the functions allow, by the function's entry point. */
export const servicesOf = ({ resources, attribute }: Resolved): Map<string, readonly string[]> => {
  const roles = new Map(
    Object.entries(resources).flatMap(([id, one]) => (one.Type === 'AWS::IAM::Role' ? [[attribute(id, 'Arn'), one] as const] : [])),
  );
  const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Serverless::Function');
  return new Map(
    functions.map(({ Properties }) => {
      const policies = listOf(roles.get(String(Properties['Role']))?.Properties['Policies']);
      const statements = policies.flatMap((policy) => listOf(treeAt(policy, 'PolicyDocument')['Statement'])).map((one) => treeAt(one));
      const actions = statements.filter(({ Effect: effect }) => effect === 'Allow').flatMap(({ Action: action }) => listOf(action).map(String));
      return [String(Properties['Handler']).replace(/\.[^.]*$/, ''), [...new Set(actions.map((action) => action.split(':')[0] ?? ''))].sort()];
    }),
  );
};

/** Where the client is not named as the service is in a policy. */
const prefixes: Readonly<Record<string, string>> = { sfn: 'states' };
/** Written by Lambda itself, which also keeps what failed in a queue; or used by another service in the name of the function. */
const withoutClient = ['logs', 'xray', 'sqs', 'kms'];

export const serviceFindings = (built: readonly Pick<Built, 'name' | 'packages'>[], services: ReadonlyMap<string, readonly string[]>): Finding[] =>
  built.flatMap((one) => {
    const allowed = services.get(one.name) ?? [];
    const carried = clientsOf(one).map((client) => prefixes[client] ?? client);
    return [
      ...carried
        .filter((name) => !allowed.includes(name))
        .map((name) => finding('ClientWithoutPermission', one.name, `its role allows nothing of ${name}`)),
      ...allowed
        .filter((name) => !carried.includes(name) && !withoutClient.includes(name))
        .map((name) => finding('PermissionWithoutClient', one.name, `its role allows ${name}, for which it carries no client`)),
    ];
  });
