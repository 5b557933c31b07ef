import { quick, type Bug } from '../bug.ts';

/** The guard's rule: until when a node may sign. */

const file = 'core/hold.ts';

export const holdBugs: readonly Bug[] = [
  {
    name: 'floor-removed',
    area: 'hold',
    story: 'Reads are consistent, so none can be old: the check looks like a leftover.',
    edits: [{ file, find: 'if (lease.term < state.floor)', replace: 'if (lease.term < 0)' }],
    catchers: [quick('late-reads')],
  },
];
