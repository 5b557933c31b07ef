import { config, node } from './config.ts';

/** What a failure costs on NEAR, and what is asked for before another node validates. */
export const rules = {
  kind: 'near',
  config,
  node,
  /** Watermark: the height of the chain. */
  duty: 'slot',
  gated: false,
  risk: {
    downtime:
      'Less reward for each block, chunk and endorsement that is missed; below 80 to 90 percent in an epoch (about 12 hours), kicked out for one or more epochs.',
    equivocation: 'Not slashed today. Two producers at one height still harm the chain, and may be slashed by a later protocol.',
    evidence: ['relinquished', 'stopped', 'powered-off'],
    /** May be automatic: a kick-out costs more than a double block. */
    mode: 'auto',
    coolDownMs: 600_000,
    watermarkMargin: 2,
    /** The key is taken by SIGHUP in a second; a restart for want of that takes neard longer. */
    stopMs: 5_000,
  },
} as const;
