import { notReady } from '../core/assess-gates.ts';
import type { Frozen } from '../core/breaker.ts';
import type { WaitingRecord } from '../core/approval.ts';
import type { ValidatorConfig } from '../core/config.ts';
import type { NodeId, ValidatorId } from '../core/ids.ts';
import type { Lease } from '../core/lease.ts';
import type { Pause } from '../core/pause.ts';
import type { Look } from '../core/survey.ts';
import { silentIn } from '../core/survey.ts';
import type { VerdictState } from '../core/verdict.ts';

/** One validator as it was read for a page. */
export interface Seen {
  readonly validator: ValidatorId;
  readonly config: ValidatorConfig | undefined;
  readonly lease: Lease | undefined;
  /** False only when the service says that the execution of the claim has ended. */
  readonly claimRunning: boolean;
  /** The pause that holds now. */
  readonly pause: Pause | undefined;
  /** What freezes the whole fleet, or null. */
  readonly frozen: Frozen | null;
  readonly open: WaitingRecord | undefined;
  readonly history: readonly { readonly execution: string; readonly atMs: number }[];
  /** What the watch last said; null when it was not seen at work, or what it said could not be read. */
  readonly verdict: VerdictState | null;
  /** The reports before they last rose, and now. A node whose report stands still has the same in both. */
  readonly looks: readonly [before: Look, now: Look];
  /** Nodes that were fenced and not brought back. */
  readonly quarantined: readonly NodeId[];
  /** Long enough to tell a silent guard from one that was only not seen to write. */
  readonly watched: boolean;
  readonly trouble: { readonly broken: string | null; readonly unseen: boolean };
}

export const nodesOf = ({ config }: Seen): readonly NodeId[] => config?.nodes.map(({ id }) => id) ?? [];

export const nameOf = ({ config }: Seen, node: NodeId): string => config?.nodes.find(({ id }) => id === node)?.name ?? node;

/** A sentence of the rules, with the nodes as people call them. */
export const withNames = ({ config }: Seen, sentence: string): string =>
  (config?.nodes ?? []).reduce((text, { id, name }) => text.replaceAll(`${name} (${id})`, name).replaceAll(id, name), sentence);

export const silentOf = (seen: Seen): readonly NodeId[] => silentIn(nodesOf(seen), seen.looks);

/** The highest that a guard which lives tells; null when none does. */
export const headOf = (seen: Seen): number | null => {
  const silent = silentOf(seen);
  const heights = nodesOf(seen).flatMap((id) => (silent.includes(id) ? [] : (seen.looks[1][id]?.height ?? [])));
  return heights.length === 0 ? null : Math.max(...heights);
};

/** Why a node could not take over now, or null. */
export const whyNotReady = (seen: Seen, config: ValidatorConfig, node: NodeId): string | null => {
  const [, reports] = seen.looks;
  const build = seen.lease && reports[seen.lease.holder]?.build;
  const [silent, quarantined] = [silentOf(seen).includes(node), seen.quarantined.includes(node)];
  return notReady({ config, node, report: reports[node], head: headOf(seen), build, silent, quarantined });
};
