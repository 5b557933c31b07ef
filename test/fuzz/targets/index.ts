import type { Target } from '../target.ts';
import { frames } from './frames.ts';
import { itemTargets } from './items.ts';
import { signer } from './signer.ts';
import { ssm } from './ssm.ts';
import { validatorsFile } from './validators-file.ts';

/** Every parser that meets outside input. A new one is a file beside this one and a line here. */
export const targets: readonly Target[] = [...itemTargets, frames, signer, ssm, validatorsFile];
