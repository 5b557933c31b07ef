import type { Bug } from './bug.ts';
import { approvalBugs } from './bugs/approval.ts';
import { evidenceBugs } from './bugs/evidence.ts';
import { gateBugs } from './bugs/gate.ts';
import { holdBugs } from './bugs/hold.ts';
import { leaseBugs } from './bugs/lease.ts';
import { watermarkBugs } from './bugs/watermark.ts';

/** Every planted bug, in the order of the table. */
export const museum: readonly Bug[] = [...leaseBugs, ...holdBugs, ...evidenceBugs, ...approvalBugs, ...watermarkBugs, ...gateBugs];
