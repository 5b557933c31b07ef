import { answerReply, answerRequest, type Answers } from '../../core/answer.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import { giveAnswer } from '../../functions/shared/give-answer.ts';

/** The endpoint in this process: what the Answer function does, for whoever `whoAmI` says. */
export const answersOf = (deps: Pick<Deps, 'clock' | 'approvals' | 'answers' | 'measure' | 'notify'>, whoAmI: () => Promise<string>): Answers => ({
  give: async (request) => {
    const { sentence: _sentence, ...told } = await giveAnswer(
      { by: await whoAmI(), request: answerRequest.parse(request) },
      deps,
      new AbortController().signal,
    );
    return answerReply.parse(told);
  },
});
