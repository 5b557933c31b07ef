import type { Terminal } from '../../cli/init/terminal.ts';
import { amber } from './core.ts';

/** What a person types to `baton init`, line by line. */

export const role = (name: string, id: string): string => `arn:aws:sts::123456789012:assumed-role/baton-node-${name}/${id}`;
export const cedar = { name: 'cedar', id: 'mi-0ceda00000000003', principal: role('cedar', 'mi-0ceda00000000003') };

/** Somebody who types these lines, one for each question. */
export const typed = (lines: readonly string[]): { terminal: Terminal; questions: string[]; said: string[]; left: string[] } => {
  const [questions, said, left]: [string[], string[], string[]] = [[], [], [...lines]];
  const terminal: Terminal = {
    ask: async (question) => {
      questions.push(question);
      const next = left.shift();
      if (next === undefined) throw new Error(`nobody answers ${question}`);
      return next;
    },
    say: (line) => void said.push(line),
    close: () => undefined,
  };
  return { terminal, questions, said, left };
};

export const hub = ['hub-1', '', 'cosmoshub-4', 'bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ=', ''];
export const nodeAmber = ['amber', amber, role('amber', amber), '', 'http://10.0.1.10:26657'];
export const nodeCedar = ['y', cedar.name, cedar.id, cedar.principal, ''];
export const vantages = ['east', 'http://10.0.3.10:26657', 'west', 'http://10.0.4.10:26657', ''];
export const policy = ['', 'role/baton-approver, user/robin', '2', '', ''];
export const install = ['gaiad.service', '/run/gaiad/privval.sock'];
export const whole = [...hub, ...nodeAmber, ...nodeCedar, 'n', '', ...vantages, ...policy, 'n', ...install];
