import { bugsOf, type Bug } from '../bug.ts';

/** The guard on the node and its signer. The explorer has a guard of its own, so these are seen by tests only. */

const tests = 'guard/guard.test.ts';
const signerTests = 'chains/cometbft/privval/signer.test.ts';
const diskTests = 'chains/state-disk.test.ts';
const driverTests = 'test/node/systemd-driver.test.ts';

const of = bugsOf('guard');

const guard = 'guard/guard.ts';
const signer = 'chains/cometbft/privval/signer.ts';

export const guardBugs: readonly Bug[] = [
  of(
    'deadline-from-the-reply',
    'The lease is known to be good when the answer is there, so the deadline counts from then; the answer may be as old as the question.',
    [
      { file: guard, find: '    const sentMs = clock.steadyMs();\n', replace: '' },
      {
        file: guard,
        find: 'const step = onRead(this.#hold, { sentMs, lease }',
        replace: 'const step = onRead(this.#hold, { sentMs: clock.steadyMs(), lease }',
      },
    ],
    tests,
    'the deadline counts from when the read was sent',
  ),
  of(
    'start-without-a-stop',
    'A guard that has just started holds nothing, so there is nothing to stop; the daemon of its last life still signs.',
    [{ file: guard, find: '    await this.#driver.demote(signal);\n', replace: '' }],
    tests,
    'demotes first, then opens for the recorded active',
  ),
  of(
    'restart-forgets-what-it-gave-up',
    'The lease says who may sign, so what the guard said in its last life is not read back.',
    [
      {
        file: guard,
        find: '{ relinquished: known?.relinquished?.term ?? 0, floor: known?.floor ?? 0 }',
        replace: '{ relinquished: 0, floor: known?.floor ?? 0 }',
      },
      { file: guard, find: 'this.#hold = onRelinquished(this.#hold, relinquished.term);\n    this.#hold = {', replace: 'this.#hold = {' },
    ],
    tests,
    'a relinquished term is never opened again, also after a restart',
  ),
  of(
    'armed-is-said-after-the-gate-opened',
    'Opening comes first because every second counts; what the guard promises for the term is written when there is time.',
    [
      { file: guard, find: '        await this.#report({ ...word, signing: false });\n', replace: '' },
      {
        file: guard,
        find: '      this.#say(`The gate is open in term ${term}.`);\n      await this.#report({})',
        replace: '      this.#say(`The gate is open in term ${term}.`);\n      await this.#report({ ...word })',
      },
    ],
    tests,
    'declares the term before it lets anything sign',
  ),
  of(
    'hold-says-that-it-is-armed',
    'Armed means that the guard is there; that policy hold signs on through an outage, and so never lapses, is overlooked.',
    [{ file: 'guard/options.ts', find: "armed: onControlPlaneLoss !== 'hold',", replace: 'armed: true,' }],
    tests,
    'with policy hold an outage does not close, and it is not armed',
  ),
  of(
    'opens-without-the-record-of-its-term',
    'A lost watermark file is written anew from the floor, so the guard goes on in the same term (Persistence 2022: a snapshot without the state).',
    [{ file: guard, find: 'if (this.#driver.lostWatermark())', replace: 'if (this.#driver.lostWatermark() && this.#active)' }],
    tests,
    'does not open again in a term whose watermark is gone',
  ),
  of(
    'relinquish-before-the-stop-is-verified',
    'The stop was ordered when the gate closed, so the term is given up at once; it is not known whether it stopped.',
    [
      {
        file: guard,
        find: '      await this.#driver.demote(this.#stopSignal());\n      this.#active = false;\n      const own',
        replace: '      const own',
      },
    ],
    tests,
    'a fenced term is relinquished with the watermark, only after it is verified',
  ),
  of(
    'relinquish-below-the-lease',
    "The node gives up its own last duty; a holder that never opened gives up one from its last term, below the lease's floor.",
    [
      {
        file: guard,
        find: 'own === null ? null : highest(own, lease?.watermark?.kind === own.kind ? lease.watermark : null)',
        replace: 'own',
      },
    ],
    tests,
    'the watermark it gives up is never below the lease’s',
  ),
  of(
    'watermark-written-behind',
    'The check is fast and the write is slow, so the advance follows after the signature (Horcrux and 01node 2025: two signatures 1.5 ms apart).',
    [
      {
        file: signer,
        find: '      this.#state.save(next);\n',
        replace: [
          '      queueMicrotask(() => {',
          '        this.#last = next;',
          '        try {',
          '          this.#state.save(next);',
          '        } catch {',
          '          this.#key = null;',
          '        }',
          '      });\n',
        ].join('\n'),
      },
      { file: signer, find: '    this.#last = next;\n    return', replace: '    return' },
    ],
    signerTests,
    'refuses another block for the same height, round and step',
  ),
  of(
    'failed-write-signs-on',
    'A full disk must not stop a validator, so the error is swallowed (Kusama 2020: state that could not be written, and a second vote).',
    [
      {
        file: signer,
        find: "      this.#key = null;\n      return { ok: false, code: refusalCodes.state, reason: 'the watermark could not be written' };\n",
        replace: '',
      },
    ],
    signerTests,
    'a disk that fails stops it for good',
  ),
  of(
    'failed-write-is-tried-again',
    'The write failed once and may work the next time, so the key is kept; what the disk holds by now nobody knows.',
    [{ file: signer, find: '      this.#key = null;\n      return {', replace: '      return {' }],
    signerTests,
    'a disk that fails stops it for good',
  ),
  of(
    'gate-is-not-asked-before-it-leaves',
    'The gate was asked a millisecond ago; that the machine may have been frozen in between is not thought of.',
    [{ file: signer, find: 'return this.#isOpen() ? { ok: true', replace: 'return this.#key !== null ? { ok: true' }],
    signerTests,
    'a signature that was made as the lease ran out does not leave',
  ),
  of(
    'watermark-not-on-the-disk',
    'An fsync for every vote is slow, so it is left to the kernel (Staked 2021: the slashing store was switched off for speed).',
    [{ file: 'runtime/durable.ts', find: '    disk.fsyncSync(fd);\n', replace: '', nth: [1, 2] }],
    diskTests,
    'is on the disk, whole, before it takes the place of the old one',
  ),
  of(
    'unreadable-watermark-is-none',
    'A state file that cannot be read is taken for one that is not there yet (Blockscape 2020: a lagging node, an old height).',
    [
      {
        file: 'chains/state.ts',
        find: "if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;",
        replace: 'if (cause instanceof Error) return null;',
      },
    ],
    diskTests,
    'that cannot be read is not the same as none',
  ),
  of(
    'key-kept-on-demote',
    'The daemon is stopped, so its key can stay for the next time (Ankr 2025 and RockLogic 2023: keys that lived in two places).',
    [{ file: 'chains/systemd/driver.ts', find: '    wipe(config.paths.keyDir);\n', replace: '' }],
    driverTests,
    'demotion stops it, wipes and reads the last duty',
  ),
  of(
    'silent-systemd-is-a-stopped-unit',
    'A unit that is not active is down; an answer that did not come is not active either.',
    [
      {
        file: 'runtime/commands.ts',
        find: "if (!['loaded', 'masked'].includes(told.get('LoadState') ?? '')) return false;",
        replace: 'if (told.size === 0) return true;',
      },
    ],
    driverTests,
    'systemd that does not answer is not a stopped unit',
  ),
  of(
    'tasks-not-counted-are-none-for-the-guard',
    'systemd says "[not set]" for the tasks of a unit that is down, so there are none; it says so of a running one too where tasks are not counted.',
    [{ file: 'runtime/commands.ts', find: "return tasks === '0' || empty(", replace: 'return noTasks.includes(tasks) || empty(' }],
    'runtime/commands.test.ts',
    'not when tasks are not counted and a process of it is left',
  ),
  of(
    'a-clock-that-is-gone-is-the-other-clock',
    'The clock that counts a suspended machine cannot be read, so the other one does; a lease held over a suspend is longer by as much.',
    [
      {
        file: 'runtime/clock.ts',
        find: "if (!Number.isFinite(coarse)) throw new Error('ClockLost: the clock that counts a suspended machine (/proc/uptime) gives no time any more');",
        replace: '',
      },
    ],
    'runtime/clock.test.ts',
    'one that counted suspends and is gone',
  ),
  of(
    'a-loop-that-died-leaves-the-gate-open',
    'The other loops go on, and the deadline will close the gate some time.',
    [
      {
        file: guard,
        find: '    } finally {\n      // Also when',
        replace: '      await Promise.all([]);\n    } catch (error) {\n      throw error;\n    }\n    {\n      // Also when',
      },
    ],
    tests,
    'closes at once when its loop',
  ),
  of(
    'the-loops-that-live-go-on',
    'The loop that died takes the guard with it, so the others need not be told; a read of theirs opens the gate again before it is gone.',
    [{ file: guard, find: '      ending.abort();\n', replace: '' }],
    tests,
    'closes at once when its loop "gate"',
  ),
  of(
    'one-loop-feeds-the-watchdog-for-all',
    'Whatever goes round feeds the watchdog, so a guard that only looks at its deadline counts as alive, and reads no lease.',
    [{ file: 'guard/watchdog.ts', find: '    if (late === undefined) this.feed();', replace: '    this.feed();' }],
    'guard/watchdog.test.ts',
    'is fed no more when',
  ),
  of(
    'a-guard-beside-another',
    'Each guard asks the lease, so two of them on one machine do no harm; their signers sign by two records of what was signed.',
    [{ file: 'guard/lock.ts', find: 'server.listen(nameOf(of));', replace: 'server.listen(0, "127.0.0.1");' }],
    'guard/lock.test.ts',
    'a second guard of the validator on this machine is refused',
  ),
  of(
    'keys-in-a-folder-that-is-a-disk',
    'The folder is /run, and that is memory everywhere; a machine whose /run lies on its disk keeps each key after the power has gone.',
    [
      {
        file: 'guard/preflight.ts',
        find: "const memoryTypes: readonly string[] = ['tmpfs', 'ramfs'];",
        replace: "const memoryTypes = ['tmpfs', 'ramfs', 'ext4'];",
      },
    ],
    'guard/preflight.test.ts',
    'keys on a disk',
  ),
  of(
    'memory-that-is-swapped-is-memory',
    'A tmpfs is memory, so the key is on no disk; the kernel writes a tmpfs to its swap like anything else.',
    [{ file: 'guard/preflight.ts', find: '  if (filesStay && processStays(asked)) return [];', replace: '  if (mount !== null) return [];' }],
    'guard/preflight.test.ts',
    'swap on a disk, and a tmpfs',
  ),
  of(
    'a-key-written-through-a-link',
    'The file of the key is opened and written; a link that lies in its place takes the key to wherever it leads.',
    [{ file: 'runtime/key-files.ts', find: "openSync(file, 'wx', 0o400)", replace: "openSync(file, 'w', 0o400)" }],
    'runtime/key-files.test.ts',
    'a file that is there already, or a link',
  ),
];
