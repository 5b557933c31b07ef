import { buildHere } from '../../local/artifacts.ts';

/** Builds what the runs of one tree share: its functions, and the guard as it goes to the nodes. */

await buildHere();
await import('../../local/lambda/bundle-guard.ts');
