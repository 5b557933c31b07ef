import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadTemplate } from '../../local/template/index.ts';
import { deployments, resolved } from './deployments.ts';
import { treeAt } from './finding.ts';

const template = loadTemplate(join(import.meta.dirname, '..', '..', 'template.yaml'));
const named = (name: string) => {
  const found = deployments.find((one) => one.name === name);
  if (!found) throw new Error(`there is no deployment ${name}`);
  return found;
};
const [home, vantage] = [named('home'), named('vantage')];
const resolve = (deployment: typeof home, parameters: Readonly<Record<string, string>> = {}) =>
  resolved(template, { ...deployment, parameters: { ...deployment.parameters, ...parameters } });

test('a network of the operator’s own is for the two functions that call power switches, and its rights not for their code', () => {
  const network = { PowerSubnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1', PowerSecurityGroupIds: 'sg-0123456789abcdef0' };
  const inNetwork = (one: ReturnType<typeof resolve>): string[] =>
    Object.entries(one.resources).flatMap(([id, { Properties }]) => (Properties?.['VpcConfig'] === undefined ? [] : [id]));
  const roles = (one: ReturnType<typeof resolve>): string[] =>
    Object.entries(one.resources).flatMap(([id, { Properties }]) => (JSON.stringify(Properties).includes('CreateNetworkInterface') ? [id] : []));
  expect([inNetwork(resolve(home)), roles(resolve(home))]).toEqual([[], []]);
  expect([inNetwork(resolve(vantage, network)), roles(resolve(vantage, network))]).toEqual([[], []]);
  const made = resolve(home, network);
  expect([inNetwork(made), roles(made)]).toEqual([
    ['FenceFunction', 'FenceTestFunction'],
    ['FenceRole', 'FenceTestRole'],
  ]);
  expect(treeAt(made.resources, 'FenceFunction', 'Properties', 'VpcConfig')).toEqual({
    SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    SecurityGroupIds: ['sg-0123456789abcdef0'],
  });
  for (const [role, name] of [
    ['FenceRole', 'fence'],
    ['FenceTestRole', 'fence-test'],
  ] as const)
    expect(JSON.stringify(made.resources[role])).toMatch(new RegExp(`"Effect":"Deny".*function:baton-${name}"`));
});
