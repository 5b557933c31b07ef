import { bugsOf, type Bug } from '../bug.ts';

/** What a person is shown. */

const of = bugsOf('console');
const rows = 'console/fleet-view.ts';
const rowTests = 'console/fleet-view.test.ts';

export const consoleBugs: readonly Bug[] = [
  of(
    'console-old-verdict-is-shown',
    'The watch stores nothing while all is well, so nothing stored is healthy; that the watch itself has been dead for an hour is not thought of.',
    [{ file: rows, find: "  if (!watchAlive) return unknown('The watch takes no round: what it last said is old.');\n", replace: '' }],
    rowTests,
    'the watch takes no round',
  ),
  of(
    'console-unseen-is-healthy',
    'The table gave no answer for one validator, and the page must not fail for that: what was not read is taken as it usually is.',
    [{ file: rows, find: "  if (trouble.unseen) return unknown('The table or the workflow service gave no answer.');\n", replace: '' }],
    rowTests,
    'the table gave no answer',
  ),
  of(
    'console-silent-guard-signs',
    'The report says that the gate is open, so the page says who signs; that its guard has been dead since Tuesday is in another column.',
    [
      {
        file: rows,
        find: "  if (silentOf(seen).includes(lease.holder)) return { holder, signs: seen.watched ? 'may sign; guard silent' : 'may sign' };\n",
        replace: '',
      },
    ],
    rowTests,
    'a silent guard says nothing of its gate',
  ),
  of(
    'console-who-rose-once-lives',
    'A report that rose shows that its guard lives; how long ago that was is not asked, so on a page that stays open nobody ever dies.',
    [
      {
        file: 'functions/shared/pulse.ts',
        find: 'known.roseMs !== null && elapsedMs(known.roseMs, atMs) < this.#withinMs',
        replace: 'known.roseMs !== null',
      },
    ],
    'functions/shared/pulse.test.ts',
    'until it is long ago',
  ),
  of(
    'console-shows-the-task-token',
    'A state that is not left yet has said nothing, so its event is shown as it is; the input of a task that waits holds its token.',
    [
      {
        file: 'console/steps.ts',
        find: "startedMs: event.atMs, sentence: '' };",
        replace: 'startedMs: event.atMs, sentence: JSON.stringify(event) };',
      },
    ],
    'functions/console.test.ts',
    'a task token, a grant, or a box: failover',
  ),
  of(
    'console-reason-as-markup',
    'Names are checked when they are applied, so they are safe to show; the reason of a pause is whatever somebody typed.',
    [{ file: 'console/html.ts', find: 'return escaped(String(value));', replace: 'return String(value);' }],
    'console/page.test.ts',
    'on the page of a fleet stay words',
  ),
  of(
    'console-answers-any-name',
    'It listens on loopback alone, so only this machine can ask; a page of elsewhere whose name leads to 127.0.0.1 asks from this machine.',
    [{ file: 'local/web/server.ts', find: 'return host === own && ', replace: 'return host !== undefined && ' }],
    'local/web/server.test.ts',
    'another name of this machine',
  ),
];
