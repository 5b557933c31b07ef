import { join } from 'node:path';
import { z } from 'zod';
import { commandsIn, documents, read, wordsOf } from '../docs/typed.ts';
import { finding, type Finding } from './finding.ts';
import type { Tools } from './tools.ts';

/** Commands of `aws` and `sam` in the documents, held to the models of botocore and to sam's own options. */

const judged = z.object({ words: z.array(z.string()), mentioned: z.boolean(), wrong: z.string() });

/** Wrong in three ways, so that a check that sees nothing is noticed. */
const planted = [
  ['aws', 'sns', 'publsh', '--topic-arn', 'x'],
  ['aws', 'ssm', 'put-parameter', '--name', 'x', '--type', 'Secret', '--value', 'x'],
  ['sam', 'deploy', '--stak-name', 'x'],
];

interface Judged {
  readonly words: readonly string[];
  /** Within a sentence, where what is needed may be left out. */
  readonly mentioned: boolean;
}
const keyOf = ({ words, mentioned }: Judged): string => JSON.stringify({ words, mentioned });

/** With the document that holds it. */
const typed = (): Map<string, string> => {
  const found = new Map<string, string>();
  for (const document of documents)
    for (const { line, mentioned } of commandsIn(read(document), /`((?:aws|sam) [a-z][^`]*)`/g)) {
      const words = wordsOf(line.replace(/\s+[#|].*$/, ''));
      if (['aws', 'sam'].includes(words[0] ?? '') && words.length > 1) found.set(keyOf({ words, mentioned }), document);
    }
  return found;
};

export const commandFindings = async (tools: Tools): Promise<{ findings: Finding[]; commands: number }> => {
  const commands = typed();
  const lines = [...commands.keys(), ...planted.map((words) => keyOf({ words, mentioned: false }))];
  const { code, stdout, said } = await tools.runWith(`${lines.join('\n')}\n`, 'python', join(import.meta.dirname, 'typed_commands.py'));
  if (code !== 0) return { findings: [finding('CheckBroken', 'typed_commands.py', said)], commands: 0 };
  const wrong = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => judged.parse(JSON.parse(line)));
  const findings = wrong.flatMap((one) => {
    const document = commands.get(keyOf(one));
    return document === undefined ? [] : [finding('WrongCommand', `${document}: ${one.words.slice(0, 4).join(' ')}`, one.wrong)];
  });
  const caught = new Set(wrong.map(keyOf));
  const missed = planted.filter((words) => !caught.has(keyOf({ words, mentioned: false })));
  return {
    findings: [...findings, ...missed.map((words) => finding('CheckBroken', words.join(' '), 'was not found wrong'))],
    commands: commands.size,
  };
};
