import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import { widget, type PageView } from '../../console/page.ts';
import { parseWith } from '../../core/parse.ts';
import { troubleOf } from './console-read.ts';
import { frameOf, logged, partsOf, type Act, type Framed, type Verb } from './handler.ts';
import type { Deps, Makers } from './deps.ts';

/** The frame of a custom widget of CloudWatch: what is shown is a page also for every error, for the dashboard shows no more of one than that it was. */

type Theme = 'light' | 'dark';

const themeIn = (event: unknown): Theme =>
  (event as { widgetContext?: { theme?: unknown } | null } | null | undefined)?.widgetContext?.theme === 'dark' ? 'dark' : 'light';

export const pageIn = (view: PageView, event: unknown, endpoint: string): string => widget(view, { kind: 'widget', endpoint, theme: themeIn(event) });

/** @param act its result is what is shown, and a sentence for the log. */
export const widgetHandlerOf = <I extends z.ZodType, O extends z.ZodType, Need extends keyof Deps>(
  verb: Verb<I, O>,
  act: (endpoint: string) => Act<z.output<I>, z.input<O>, Need>,
  makers: Makers<Need> & Makers<Framed>,
) => {
  const { framed, deps } = partsOf<Need>(makers);
  const answer = async (event: unknown, context: Context): Promise<unknown> => {
    parseWith(verb.input, event, {
      what: 'parameters of the widget',
      code: 'InputInvalid',
      fix: 'Mend the parameters of the widget, docs/console.md.',
    });
    return frameOf(verb, act(context.invokedFunctionArn), deps)(event, context);
  };
  return middy(answer)
    .use({
      after: (request) => {
        request.response = (request.response as { shown: unknown }).shown;
      },
      onError: (request) => {
        request.response = pageIn(troubleOf(request.error, framed.clock.epochMs()), request.event, (request.context as Context).invokedFunctionArn);
      },
    })
    .use(logged(verb.name, framed));
};
