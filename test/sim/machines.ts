import type { NodeConfig } from '../../core/config.ts';
import { Machine } from './machine.ts';
import type { World } from './world.ts';

/** A machine of this world, told about to everybody who watches. */
export const machineOf = (world: World, node: NodeConfig): Machine => {
  const { scheduler, random, wire, config, scenario, switches } = world;
  const machine: Machine = new Machine({
    config,
    node,
    // A guard whose clock is slow believes longer that it may sign; a function whose clock is fast believes earlier that it may not.
    rate: scenario.clocks === 'worst' ? 1 - switches.drift : 1 + random.between(-switches.drift, switches.drift),
    aheadMs: random.between(-2_000, 2_000),
    scheduler,
    random,
    wire,
    services: () => world.services,
    head: () => world.chain.head,
    say: (sentence) => {
      world.say(sentence);
    },
    onSigned: (duty) => {
      world.judge.onSigned(machine, duty);
      world.chain.onSigned(node.name, duty);
    },
    onDurable: (text) => {
      world.judge.onDurable(node.name, text);
    },
  });
  return machine;
};
