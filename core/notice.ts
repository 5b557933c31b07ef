/** What people are told outside Baton, whichever way it takes to them. */

/**
 * `waiting`: an answer is needed. `answered`: somebody gave one. `trouble`: the watch sees something. `ended`: a failover ended, and a person is
 * called. `test`: nothing is wrong. An alarm of CloudWatch comes by the same topic and has no kind.
 */
export const noticeKinds = ['waiting', 'answered', 'trouble', 'ended', 'test'] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export interface Notice {
  readonly kind: NoticeKind;
  readonly subject: string;
  readonly message: string;
  readonly validator?: string;
  readonly execution?: string;
  /** Names the alert test of a notice of kind `test`; it is not the code that people type. */
  readonly test?: string;
}
