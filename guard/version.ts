/** What this build of the guard is; told by `--version`. The build puts the text in (local/lambda/bundle-guard.ts). */
declare const BATON_GUARD_VERSION: string | undefined;

export const guardVersion: string = typeof BATON_GUARD_VERSION === 'string' ? BATON_GUARD_VERSION : 'not bundled';

/** Form of the watermark's file. Rises with every change that an older guard cannot read: the installer takes no step back over it. */
export const stateFormat = 1;
