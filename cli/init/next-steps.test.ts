import { expect, test } from 'vitest';
import { amber, birch, configOf } from '../../test/support/core.ts';
import { nodeSteps } from './next-steps.ts';

const guardOf = (onControlPlaneLoss: string) => {
  const config = configOf((one) => {
    one['policy'] = { approvers: ['role/approver'], onControlPlaneLoss };
  });
  const [node] = config.nodes;
  if (!node) throw new Error('no node');
  return nodeSteps(config, node, {}).guard;
};

test('the guard of a validator whose guards ask each other is told of every other node', () => {
  expect(guardOf('ask')).toMatchObject({
    node: amber,
    onControlPlaneLoss: 'ask',
    peers: {
      listen: '0.0.0.0:7946',
      keyFile: '/etc/baton/peer.pem',
      nodes: [{ node: birch, address: 'ADDRESS-OF-birch:7946', publicKey: 'BASE64' }],
    },
  });
  expect(guardOf('stop')).not.toHaveProperty('peers');
});
