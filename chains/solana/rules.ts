import { config, node } from './config.ts';

/** What a failure costs on Solana, and what is asked for before another node votes. */
export const rules = {
  kind: 'solana',
  config,
  node,
  /** Watermark: the slot that was voted on. */
  duty: 'slot',
  /** The validator signs by itself: `lapsed` is no evidence (decision 0007). */
  gated: false,
  risk: {
    downtime: 'Vote credits of every slot that is missed, and the blocks of missed leader slots. No slashing for downtime.',
    equivocation:
      'Two towers vote against their own lockouts: duplicate blocks are recorded on chain (SIMD-0204), penalties are proposed (SIMD-0212), and delegation programmes expel.',
    evidence: ['relinquished', 'stopped', 'powered-off'],
    mode: 'approve',
    coolDownMs: 600_000,
    /** Without the tower the next node votes only after this many slots. */
    watermarkMargin: 200,
    /** Firedancer waits for the end of a leader slot before it changes the identity. */
    stopMs: 5_000,
  },
} as const;
