import { resolveTemplate, type Resolved, type Template } from '../../local/template/index.ts';

/** The ways to deploy that differ in what is made: each must resolve and pass the linters. */

export interface Deployment {
  readonly name: string;
  readonly region: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const account = '123456789012';
const key = (region: string): string => `arn:aws:kms:${region}:${account}:key/00000000-0000-4000-8000-000000000000`;

export const deployments: readonly Deployment[] = [
  { name: 'home', region: 'us-east-1', parameters: {} },
  {
    name: 'home that acts, with people elsewhere, in Slack and on call',
    region: 'eu-west-1',
    parameters: {
      SlackEnabled: 'true',
      RelayEnabled: 'true',
      AlertTestEvery: 'rate(1 day)',
      DrillsEnabled: 'true',
      DryRun: 'false',
      ApprovalRequired: 'false',
      AlertEmail: 'oncall@example.com',
      CreateHumanRoles: 'false',
      PermissionsBoundaryArn: `arn:aws:iam::${account}:policy/boundary`,
    },
  },
  {
    name: 'home over three Regions',
    region: 'us-east-1',
    parameters: {
      ReplicaRegion1: 'us-east-2',
      ReplicaKeyArn1: key('us-east-2'),
      ReplicaRegion2: 'us-west-2',
      ReplicaKeyArn2: key('us-west-2'),
    },
  },
  {
    name: 'vantage',
    region: 'ap-southeast-1',
    parameters: {
      Mode: 'vantage',
      VantageName: 'singapore',
      HomeRegion: 'us-east-1',
      HomeTableArn: `arn:aws:dynamodb:us-east-1:${account}:table/baton-LeaseTable-0123456789AB`,
      HomeTableKeyArn: key('us-east-1'),
      HomeStateMachineArn: `arn:aws:states:us-east-1:${account}:stateMachine:baton-failover`,
    },
  },
  {
    name: 'home with power switches in a network of its own',
    region: 'eu-central-1',
    parameters: { PowerSubnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1', PowerSecurityGroupIds: 'sg-0123456789abcdef0' },
  },
];

/** @throws TemplateError. */
export const resolved = (template: Template, { region, parameters }: Deployment): Resolved =>
  resolveTemplate(template, { region, account, stack: 'baton', parameters });
