import type { RigScenario } from './scenario.ts';
import { daemon } from './scenarios/daemon.ts';
import { machine } from './scenarios/machine.ts';
import { reach } from './scenarios/reach.ts';
import { signer } from './scenarios/signer.ts';

/** The hostile world, one thing at a time. */
export const scenarios: readonly RigScenario[] = [...signer, ...reach, ...machine, ...daemon];
