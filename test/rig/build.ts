import { join } from 'node:path';
import { buildHere } from '../../local/artifacts.ts';
import { bundleGuard } from '../../local/lambda/bundle-guard.ts';

/** Builds what the runs of one tree share: its functions, and the guard as it goes to the nodes. */

await buildHere();
await bundleGuard({ outdir: join(import.meta.dirname, '..', '..', 'dist', 'guard'), node: undefined });
