import type { Approvals } from '../../aws/approvals.ts';
import { decide, type ApprovalRecord } from '../../core/approval.ts';
import { BatonError } from '../../core/errors.ts';

/** What waits, for handlers: judged by core's own `decide`. @param mustBeUp throws where the test lets the table give no answer. */
export const approvalsIn = (records: Map<string, ApprovalRecord>, mustBeUp: (service: string) => void): Approvals => {
  const newest = async (id: string): Promise<ApprovalRecord | undefined> => {
    mustBeUp('approvals');
    return [...records.values()].findLast(({ validator }) => validator === id);
  };
  const approvals: Partial<Approvals> = {
    read: async (id) => records.get(id),
    findOpen: newest,
    waiting: newest,
    create: async (record) => {
      if (!records.has(record.id)) records.set(record.id, record);
    },
    shown: async (id) => {
      mustBeUp('approvals');
      const record = records.get(id);
      if (record === undefined) return undefined;
      const { token: _token, ...shown } = record;
      return shown;
    },
    decide: async (id, given) => {
      const judged = decide(records.get(id) as ApprovalRecord, given);
      if (judged.outcome === 'refused') throw new BatonError(judged.code, judged.reason, { fix: 'x' });
      records.set(id, judged.record);
      return judged.record;
    },
  };
  return approvals as Approvals;
};
