import { bugsOf, type Bug } from '../bug.ts';

/** The SSM documents: what runs as root on a node, and what it may call proof. */

const fence = 'documents/fence.yaml';

const tests = 'test/documents/documents.test.ts';
const outsideTests = 'test/documents/outside.test.ts';

const of = bugsOf('documents');

export const documentBugs: readonly Bug[] = [
  of(
    'fence-does-not-wait-for-the-stop',
    'systemctl stop returns when the unit is down, so nothing is verified (RockLogic 2023: an API’s success is not a fence).',
    [
      {
        file: fence,
        find: 'wait_stopped "$unit" || refuse "the validator still runs: $active, tasks $tasks"',
        replace: 'wait_stopped "$unit" || active=inactive',
      },
    ],
    tests,
    'a unit that does not stop is no proof',
  ),
  of(
    'fence-leaves-the-guard-alive',
    'The validator is stopped, and that is what signs; a guard that is alive would start it again.',
    [
      {
        file: fence,
        find: 'wait_stopped "$guard" || refuse "the guard still runs: $active, tasks $tasks"',
        replace: 'wait_stopped "$guard" || active=inactive',
      },
    ],
    tests,
    'a guard that cannot be killed is no proof',
  ),
  of(
    'fence-without-a-mask-that-holds',
    'mask was called, so the unit is masked; on a read-only /etc it is not, and the next boot starts it (RockLogic 2023).',
    [{ file: fence, find: '          [ "$(property "$unit" LoadState)" = masked ] || refuse "the validator is not masked"\n', replace: '' }],
    tests,
    'a mask that does not hold is no proof',
  ),
  of(
    'unknown-tasks-are-none',
    'systemd did not tell how many tasks are left, so there are none.',
    [{ file: fence, find: 'case "$tasks" in \'[not set]\' |', replace: "case \"$tasks\" in '' | unknown | '[not set]' |" }],
    tests,
    'tasks that cannot be told is no proof',
  ),
  of(
    'mask-without-its-place',
    'systemctl mask is all that a mask needs; where the unit’s own file stands in /etc it fails, and nothing is ever proven there.',
    [{ file: fence, find: 'mv -f "$file" "$file.fenced"', replace: ':' }],
    tests,
    'a unit whose own file stands where the mask has to is masked',
  ),
  of(
    'what-runs-outside-the-unit-is-not-seen',
    'The unit is down and masked, so the validator is; the one that somebody started by hand at night signs on.',
    [{ file: fence, find: '[ "${ran% (deleted)}" = "$resolved" ] || continue', replace: 'continue' }],
    outsideTests,
    'started by hand is no proof, not even when the document is sent again',
  ),
  of(
    'any-service-is-another-validators',
    'A process in some service of systemd is that service’s business; one that the agent started for a person is the agent’s then.',
    [{ file: fence, find: ' && systemctl show -p ExecStart --value "$other" 2>/dev/null | grep -qF "path=$program ;"', replace: '' }],
    outsideTests,
    'started through the agent or by systemd for a person is no proof',
  ),
  of(
    'tasks-not-counted-are-none',
    'systemd says "[not set]" for the tasks of a unit that is down, so there are none; it says so of a running one too where tasks are not counted.',
    [{ file: fence, find: 'if counted; then', replace: 'tasks=0; if false; then' }],
    tests,
    'a process below a unit whose tasks are not counted is no proof',
  ),
  of(
    'inactive-stays-inactive',
    'A unit that is inactive stays so; between two tries of Restart= it is called inactive too.',
    [{ file: fence, find: 'inactive:0:dead |', replace: 'inactive:0:* | failed:0:* |' }],
    tests,
    'a unit that systemd is about to start again is no proof',
  ),
  of(
    'watermark-as-it-stands-there',
    'The first line of the file is the watermark, so it is put into the answer as it is, and half a line is a watermark too.',
    [{ file: fence, find: '; then watermark=$found; fi', replace: '; then watermark=$found; else watermark=$found; fi' }],
    tests,
    'a watermark that is not exactly one is left out',
  ),
  of(
    'rejoin-with-a-key-on-the-disk',
    'The node is wanted back soon, so a key that was left is no reason to keep it out (Ankr 2025, RockLogic 2023).',
    [
      {
        file: 'documents/rejoin.yaml',
        find: '          [ "$left" = 0 ] || systemctl is-active "$guard" >/dev/null 2>&1 || refuse "a key file is left on a node without a guard"\n',
        replace: '',
      },
    ],
    tests,
    'rejoin refuses a node on which a key was left',
  ),
];
