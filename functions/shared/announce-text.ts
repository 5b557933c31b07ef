import type { Execution, WorkflowEvent } from '../../aws/workflow.ts';
import { evidenceOf, signingAfterMs } from '../../core/history.ts';
import { escaped, plain, section, type SlackMessage } from '../../core/slack-message.ts';

/** What is written under a message in Slack: notices as they were sent, alarms in short, and how a failover ended. */

const longestHead = 150;
const longestText = 3_000;

const messageOf = (head: string, text: string, lines: readonly string[], about: string | undefined): SlackMessage => ({
  text: escaped(head, longestHead),
  blocks: [
    { type: 'header', text: plain(head, longestHead) },
    ...(text.trim() === '' ? [] : [{ type: 'section', text: plain(text, longestText) }]),
    ...(lines.length === 0 ? [] : [section(lines.join('\n'))]),
    ...(about === undefined ? [] : [{ type: 'context', elements: [section(about).text] }]),
  ],
});

const linked = (execution: string, link: string): string => `<${link}|${escaped(execution, 100)}>`;

export interface Said {
  readonly subject: string;
  readonly text: string;
  readonly execution?: { readonly name: string; readonly link: string };
}

export const noticeText = ({ subject, text, execution }: Said): SlackMessage =>
  messageOf(subject, text, [], execution && linked(execution.name, execution.link));

const parts = /^(.*) Who may sign now: (.*)\. Next: (.*) \(execution [\w.-]+\)$/s;

const secondsOf = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export interface Ended {
  readonly validator: string;
  readonly execution: { readonly name: string; readonly link: string };
  readonly found: Execution;
  readonly events: readonly WorkflowEvent[];
}

/** Who signs now, what proved the fence, how long it took, and what to type next. */
export const endText = ({ validator, execution, found, events }: Ended): SlackMessage => {
  const [, what = found.cause ?? '', who, next] = parts.exec(found.cause ?? '') ?? [];
  const [evidence, tookMs] = [evidenceOf(events), signingAfterMs(events)];
  const asked = `baton status ${validator}`;
  const line = (name: string, value: string): string => `*${name}* ${escaped(value, 500)}`;
  const isDone = found.status === 'SUCCEEDED';
  return messageOf(
    `${validator}: ${isDone ? 'failed over' : `${found.status} ${found.error ?? ''}`.trim()}`,
    isDone ? '' : what,
    [
      line('Who signs now', isDone ? (found.sentence ?? `ask: ${asked}`) : (who ?? `ask: ${asked}`)),
      line('What proved the fence', evidence ?? (isDone ? 'not in its history' : 'nothing')),
      ...(tookMs === null ? [] : [line('From start to signature', secondsOf(tookMs))]),
      line('Next', next ?? asked),
    ],
    linked(execution.name, execution.link),
  );
};
