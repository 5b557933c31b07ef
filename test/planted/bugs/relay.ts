import { bugsOf, type Bug } from '../bug.ts';

/** Alerts that are passed on: who gets them, once, and what never leaves. */

const handler = 'functions/relay.ts';
const handlerTests = 'functions/relay.test.ts';
const sendTests = 'relay/send.test.ts';
const requestTests = 'relay/destinations.test.ts';

const of = bugsOf('functions');

export const relayBugs: readonly Bug[] = [
  of(
    'relay-answer-in-the-error',
    'Why a service refused stands in its answer, so it is told; a service quotes the key that it does not know.',
    [{ file: 'relay/send.ts', find: 'how = refusedBy(answer.status);', replace: 'how = `${refusedBy(answer.status)}: ${answer.body}`;' }],
    sendTests,
    'a refusal that quotes the secret is told without its words',
  ),
  of(
    'relay-error-as-it-came',
    'What the parser of an answer says is told as it came, where only names of errors are; it may quote what was sent.',
    [
      {
        file: 'relay/post.ts',
        find: "knownError.test(code) ? code : 'the connection failed'",
        replace: "knownError.test(code) ? `${code} ${request.url}` : 'the connection failed'",
      },
      {
        file: 'relay/post.ts',
        find: 'const whyOf = (error: unknown, signal: AbortSignal)',
        replace: 'const whyOf = (error: unknown, signal: AbortSignal, request: Request)',
      },
      { file: 'relay/post.ts', find: 'throw whyOf(error, signal);', replace: 'throw whyOf(error, signal, request);' },
    ],
    sendTests,
    'headers without end are refused',
  ),
  of(
    'relay-redirect-is-success',
    'Whatever is no error was taken; a receiver that has moved answers 301, and every alert since then is lost, unseen.',
    [{ file: 'relay/webhook.ts', find: 'status >= 200 && status < 300', replace: 'status >= 200 && status < 400' }],
    sendTests,
    'a redirect 301 is not followed',
  ),
  of(
    'relay-name-that-leads-inside',
    'The host was looked at when the parameter was read; what its name leads to an hour later is not looked at again.',
    [
      {
        file: 'relay/post.ts',
        find: '      else if (!found.every(({ address }) => mayCallAddress(address))) callback(inside(), []);\n',
        replace: '',
      },
    ],
    sendTests,
    'https://localhost/ is called by nobody',
  ),
  of(
    'relay-key-of-the-message',
    'Each message has a key of its own, which is surely unique; green resolves nothing, and an alarm that rings twice is two incidents.',
    [{ file: 'relay/alert.ts', find: "key: keyOf(stack, 'alarm', alarm)", replace: "key: keyOf(stack, 'alarm', `${alarm}:${sns.MessageId}`)" }],
    'relay/alert.test.ts',
    'that rings',
  ),
  of(
    'relay-forgets-who-took-it',
    'A retry of Lambda sends the whole again: the chat gets the alert three times because the pager was down.',
    [{ file: handler, find: 'if (before.includes(name))', replace: "if (before.includes(''))" }],
    handlerTests,
    'is asked again with the same message, and nobody else is',
  ),
  of(
    'relay-tells-nobody-that-it-failed',
    'The function has done what it could and logs the rest; Lambda does not try again, and no alarm rings.',
    [{ file: handler, find: 'if (missed.length === 0) return', replace: 'if (missed.length <= outcomes.length) return' }],
    handlerTests,
    'fails the function after the others have it',
  ),
  of(
    'relay-signs-the-body-alone',
    'The body is what counts, so the body is signed; whoever has overheard one request sends it again next year under a new time.',
    [{ file: 'relay/webhook.ts', find: '`${of.id}.${of.seconds}.${of.body}`', replace: 'of.body' }],
    requestTests,
    'has the signature that the reference of Standard Webhooks makes',
  ),
  of(
    'relay-text-as-markup',
    'Telegram refuses a message with a lone < in it; the one alert whose reason holds one never arrives.',
    [{ file: 'relay/telegram.ts', find: 'escaped(cut(alert.text, longestText))', replace: 'cut(alert.text, longestText)' }],
    requestTests,
    'is told in escaped text',
  ),
  of(
    'alert-test-restarts-the-clock',
    'The time without an answer is counted from the newest test; with a test each day it is never more than a day, and nothing rings.',
    [{ file: 'aws/alert-test.ts', find: '#since = if_not_exists(#since, :sentAtMs)', replace: '#since = :sentAtMs' }],
    'aws/alert-test.test.ts',
    'takes the place of the one before',
  ),
];
