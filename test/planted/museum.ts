import type { Bug } from './bug.ts';
import { leaseBugs } from './bugs/lease.ts';
import { evidenceBugs } from './bugs/evidence.ts';
import { holdBugs } from './bugs/hold.ts';

/** Every planted bug, in the order of the table. */
export const museum: readonly Bug[] = [...leaseBugs, ...holdBugs, ...evidenceBugs];
