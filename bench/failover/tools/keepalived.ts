import { until } from '../../../local/drill/until.ts';
import type { Tool } from '../tool.ts';
import { signerArgv, untilSigns } from '../world.ts';

/** keepalived: VRRP, and a notify script that starts and stops the signer. It has no fence. */

const readyMs = 60_000;

const configuration = (advertS: number, priority: number): string => `global_defs {
  enable_script_security
  script_user root
  vrrp_version 3
}
vrrp_instance signer {
  state BACKUP
  nopreempt
  interface host0
  virtual_router_id 51
  priority ${priority}
  advert_int ${advertS}
  virtual_ipaddress {
    10.77.0.100/24
  }
  notify_master "/usr/bin/systemctl start signer"
  notify_backup "/usr/bin/systemctl stop signer"
  notify_fault "/usr/bin/systemctl stop signer"
  notify_stop "/usr/bin/systemctl stop signer"
}
`;

const keepalived = (of: { readonly named: string; readonly advertS: number; readonly all: boolean }): Tool => ({
  name: of.named,
  label: `keepalived, adverts each ${of.advertS} s`,
  settings: `VRRP 3, advert_int ${of.advertS}, nopreempt; notify scripts start and stop the signer, systemd restarts it`,
  all: of.all,
  start: async (bench) => {
    const { amber, birch, nodes, clock } = bench;
    for (const node of nodes) {
      node.write('/etc/keepalived/keepalived.conf', configuration(of.advertS, node === amber ? 150 : 100));
      node.write('/etc/systemd/system/signer.service', `[Service]\nExecStart=${signerArgv(node.name).join(' ')}\nRestart=always\nTimeoutStopSec=2\n`);
    }
    await Promise.all(nodes.map((node) => node.boot()));
    await amber.must('systemctl start keepalived');
    await untilSigns(bench, 'amber');
    await birch.must('systemctl start keepalived');
    await until(clock, readyMs, 'a backup', async () =>
      (await birch.sh('journalctl --no-pager -u keepalived')).stdout.includes('Entering BACKUP STATE'),
    );
    await untilSigns(bench, 'amber');
    return {
      planned: async () => {
        await amber.must('systemctl stop keepalived');
      },
      story: async () => (await birch.sh('journalctl --no-pager -u keepalived -n 60')).stdout,
    };
  },
});

export const keepalivedTools: readonly Tool[] = [
  keepalived({ named: 'keepalived', advertS: 0.1, all: true }),
  keepalived({ named: 'keepalived-default', advertS: 1, all: false }),
];
