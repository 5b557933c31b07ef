import { registry } from '../chains/registry.ts';
import { describe, expect, test } from 'vitest';
import { configOf } from '../test/support/core.ts';
import { checkValidator } from './check.ts';
import { machineNames, power, powerOf } from './power.ts';

const redfish = {
  kind: 'redfish',
  url: 'https://10.0.0.9',
  system: '437XR1138R2',
  uuid: '38947555-7742-3448-3784-823347823834',
  parameter: 'amber',
};
const webhook = { kind: 'webhook', url: 'https://hooks.example/power', parameter: 'amber' };

describe('power', () => {
  test.each([true, false, redfish, webhook, { ...redfish, fingerprint: 'a'.repeat(64), allowPrivate: true }])('%j is taken', (value) => {
    expect(power.parse(value)).toEqual(value);
  });
  test.each([
    ['http', { ...redfish, url: 'http://10.0.0.9' }],
    ['a path', { ...redfish, url: 'https://10.0.0.9/redfish/v1' }],
    ['a user', { ...redfish, url: 'https://root:pw@10.0.0.9' }],
    ['no UUID', { ...redfish, uuid: undefined }],
    ['a UUID in capitals', { ...redfish, uuid: redfish.uuid.toUpperCase().replace('38947555', 'ABCDEFAB') }],
    ['a system that leads away', { ...redfish, system: '../Managers/1' }],
    ['a password', { ...redfish, password: 'secret' }],
    ['a parameter that leads away', { ...redfish, parameter: '../relay' }],
    ['a short fingerprint', { ...redfish, fingerprint: 'abcd' }],
    ['a query', { ...webhook, url: 'https://hooks.example/power?key=secret' }],
    ['a user', { ...webhook, url: 'https://a:b@hooks.example/power' }],
    ['another kind', { ...webhook, kind: 'ipmi' }],
    ['words', 'yes'],
  ])('%s is refused', (_, value) => {
    expect(power.safeParse(value).success).toBe(false);
  });
  test('says who cuts it', () => {
    expect(powerOf({ power: true })).toEqual({ kind: 'ec2' });
    expect(powerOf({ power: false })).toBeNull();
    expect(powerOf({ power: power.parse(webhook) })).toEqual(webhook);
    expect(machineNames({ power: redfish as never })).toEqual(['10.0.0.9/437XR1138R2', redfish.uuid]);
    expect([machineNames({ power: true }), machineNames({ power: false })]).toEqual([[], []]);
  });
});

describe('two nodes', () => {
  const both = (first: unknown, second: unknown) =>
    configOf((one) => {
      const nodes = one['nodes'] as Record<string, unknown>[];
      for (const [index, value] of [first, second].entries()) (nodes[index] as Record<string, unknown>)['power'] = value;
    });
  const other = { ...redfish, uuid: '00000000-7742-3448-3784-823347823834' };
  test.each([
    ['one system', redfish, other, '10.0.0.9/437XR1138R2'],
    ['one UUID', redfish, { ...redfish, system: '2' }, redfish.uuid],
  ])('with %s behind their power are refused', (_, first, second, shared) => {
    expect(() => {
      checkValidator(both(first, second), registry);
    }).toThrow(
      expect.objectContaining({
        field: 'hub-1.nodes',
        message: `hub-1: two nodes have the same machine behind power: ${shared}`,
        fix: 'Give each node the url, system and uuid of its own machine.',
      }),
    );
  });
  test('with systems of their own, or a webhook that serves both, are taken', () => {
    checkValidator(both(redfish, { ...other, system: '2' }), registry);
    checkValidator(both(webhook, webhook), registry);
  });
});
