import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { scriptOf } from '../../local/aws/ssm.ts';
import { factsOf } from '../../local/node/facts.ts';
import { documentOf, environmentOf, ranOf, type Ran } from './document.ts';

/** A systemctl whose units have their state in files, and that fails where it is told to. */
const systemctl = `#!/bin/sh
verb=$1; shift
state="$BATON_ROOT/state"
for last; do :; done
unit=$last
case "$verb" in
  stop) echo "stop $unit" >> "$state/log"; [ ! -e "$state/$unit.stubborn" ] || exit 1; echo inactive > "$state/$unit.active" ;;
  start) echo active > "$state/$unit.active" ;;
  mask) [ -e "$state/$unit.nomask" ] || [ -e "$BATON_ROOT/etc/systemd/system/$unit" ] || touch "$state/$unit.masked" ;;
  unmask) rm -f "$state/$unit.masked" ;;
  kill) echo "kill $unit" >> "$state/log"; [ -e "$state/$unit.immortal" ] || echo failed > "$state/$unit.active" ;;
  is-active) [ "$(cat "$state/$unit.active")" = active ] ;;
  show) case "$2" in
      ActiveState) cat "$state/$unit.active" ;;
      TasksCurrent) cat "$state/$unit.tasks" 2>/dev/null || echo '[not set]' ;;
      SubState) cat "$state/$unit.sub" 2>/dev/null || sed 's/^inactive$/dead/' "$state/$unit.active" ;;
      ExecStart) [ -e "$state/$unit.masked" ] || cat "$state/$unit.exec" 2>/dev/null ;;
      LoadState) if [ -e "$state/$unit.masked" ]; then echo masked; else echo loaded; fi ;;
    esac ;;
esac
`;

const folders = ['bin', 'state', 'etc/baton', 'etc/systemd/system', 'run/baton/hub-1', 'var/lib/baton/hub-1', 'sys/fs/cgroup/systemd'];

/** A made-up node, on which validator hub-1 runs as x.service and holds its key. */
export class FakeNode {
  readonly root = mkdtempSync(join(tmpdir(), 'doc-'));

  constructor() {
    const { root } = this;
    for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'sys/fs/cgroup/systemd/cgroup.procs'), '1\n');
    writeFileSync(join(root, 'bin', 'systemctl'), systemctl);
    chmodSync(join(root, 'bin', 'systemctl'), 0o755);
    writeFileSync(join(root, 'etc/baton/hub-1.env'), factsOf({ validator: 'hub-1', unit: 'x.service', standbyRuns: false }));
    writeFileSync(join(root, 'run/baton/hub-1/key'), 'secret', { mode: 0o400 });
    this.state('x.service.exec', '{ path=/bin/sleep ; argv[]=/bin/sleep 60 ; ignore_errors=no ; pid=7 }');
    this.state('x.service.active', 'active');
    this.state('baton-guard@hub-1.service.active', 'active');
  }

  state(name: string, content = ''): void {
    writeFileSync(join(this.root, 'state', name), content);
  }

  /** What the unit's cgroup holds, as the kernel would show it. */
  inCgroup(path: string, processes: string): void {
    const folder = join(this.root, 'sys/fs/cgroup/systemd', path);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cgroup.procs'), processes);
  }

  /** A process as /proc shows it. */
  inProc(pid: string, of: { exe: string; cmdline?: string; cgroup?: string }): void {
    const folder = join(this.root, 'proc', pid);
    mkdirSync(folder, { recursive: true });
    symlinkSync(of.exe, join(folder, 'exe'));
    writeFileSync(join(folder, 'cmdline'), of.cmdline ?? '');
    writeFileSync(join(folder, 'cgroup'), of.cgroup ?? '0::/user.slice/user-0.slice/session-1.scope\n');
  }

  run(name: string): Ran {
    const env = { PATH: [join(this.root, 'bin'), process.env['PATH'] ?? ''].join(delimiter), BATON_ROOT: this.root, ...environmentOf('hub-1') };
    const done = spawnSync('/bin/sh', ['-c', scriptOf(documentOf(name))], { env, encoding: 'utf8', timeout: 20_000 });
    return ranOf(done.status, done.stdout);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
