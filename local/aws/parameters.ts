import { account, region, type Deployment } from '../deployment.ts';
import { textOf, treeOf } from '../template/read.ts';
import type { SecureParameter } from './ssm.ts';

/** Who may read a parameter, as the template says it. */

const oneOrMore = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** The functions whose role may do `action` on exactly this resource, as STS names their sessions. */
export const allowedBy = ({ resolved, functions }: Deployment, action: string, resource: string): readonly string[] => {
  const roles = Object.entries(resolved.resources).filter(
    ([, { Type, Properties: of }]) =>
      Type === 'AWS::IAM::Role' &&
      oneOrMore(of['Policies'] ?? [])
        .flatMap((policy) => oneOrMore(treeOf('PolicyDocument', treeOf('Policies', policy)['PolicyDocument'])['Statement']))
        .some((statement) => {
          const { Effect, Action, Resource: on } = treeOf('Statement', statement);
          return Effect === 'Allow' && oneOrMore(Action).includes(action) && oneOrMore(on).includes(resource);
        }),
  );
  const arns = roles.map(([id]) => resolved.attribute(id, 'Arn'));
  return functions
    .filter(({ logicalId }) => arns.includes(textOf(`${logicalId}.Role`, resolved.resources[logicalId]?.Properties['Role'])))
    .map(({ principal }) => principal);
};

/** Read by whoever the template lets, and nobody else. */
export const secureParameterOf = (deployment: Deployment, name: string, value: string): SecureParameter => ({
  name,
  value,
  readers: allowedBy(deployment, 'ssm:GetParameter', `arn:${deployment.resolved.partition}:ssm:${region}:${account}:parameter${name}`),
});
